#!/usr/bin/env bash
# @nestjs/throttler 6.7.1 (npm): a throttler that has a name refuses without a Retry-After header.
#
# What happens: the name is appended to every header, the standard one included: the throttler named "short" answers 429 with
# "Retry-After-short" and no "Retry-After". Only a throttler without a name (or named "default") sends the header that HTTP defines.
#
# Why one expects otherwise: suffixes are welcome on the X-RateLimit-... fields, of which there is one set per throttler. Retry-After
# belongs to the answer, and an answer has one; a suffixed one is a field nobody reads. Names are not exotic: they are needed as soon as
# there are two throttlers.
#
# What it means for a limiter's users: adding a second window to a working service takes the wait away from all clients. HTTP client
# libraries, proxies and crawlers which obey Retry-After fall back to their own short back-off and hammer the refused route.
# Set the header in an exception filter.
#
# Seen 2026-11-29, Node 20.20, @nestjs/common 11.1:
#   unnamed throttler:       429, headers: retry-after=60
#   throttler named "short": 429, headers: retry-after-short=60
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --prefix . @nestjs/throttler@6.7.1 @nestjs/common@11 @nestjs/core@11 @nestjs/platform-express@11 \
    reflect-metadata@0.2 rxjs@7 || { echo "could not install"; exit 2; }

cat >see.cjs <<'EOF'
require('reflect-metadata');
const { Controller, Get, Module } = require('@nestjs/common');
const { APP_GUARD, NestFactory } = require('@nestjs/core');
const { ThrottlerGuard, ThrottlerModule } = require('@nestjs/throttler');

class Hello { hello() { return 'hello'; } }
Get()(Hello.prototype, 'hello', Object.getOwnPropertyDescriptor(Hello.prototype, 'hello'));
Controller()(Hello);

// The Retry-After fields of the refusal: the second request within a limit of one.
async function refusal(throttler) {
  class App { }
  Module({
    imports: [ThrottlerModule.forRoot([{ ttl: 60_000, limit: 1, ...throttler }])],
    controllers: [Hello],
    providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
  })(App);
  const app = await NestFactory.create(App, { logger: false });
  await app.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${app.getHttpServer().address().port}/`;
  await fetch(url).then(answer => answer.text());
  const answer = await fetch(url);
  await answer.text();
  const fields = [...answer.headers].filter(([name]) => name.startsWith('retry-after')).map(([name, value]) => `${name}=${value}`);
  await app.close();
  return `${answer.status}, headers: ${fields}`;
}

(async () => {
  const unnamed = await refusal({});
  const named = await refusal({ name: 'short' });
  console.log(`unnamed throttler:       ${unnamed}`);
  console.log(`throttler named "short": ${named}`);
  process.exit(/^429, headers: retry-after=\d+$/.test(unnamed) && /^429, headers: retry-after-short=\d+$/.test(named) ? 0 : 1);
})();
EOF
node see.cjs
