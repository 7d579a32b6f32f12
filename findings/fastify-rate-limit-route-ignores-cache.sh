#!/usr/bin/env bash
# @fastify/rate-limit 11.2.0 (npm): a route with a limit of its own ignores the plugin's `cache` and forgets all but its last 5,000 clients.
#
# What happens: `cache`, the number of clients that are remembered in memory, is given when the plugin is registered. A route that says
# anything in `config.rateLimit` gets a store of its own, whose size is taken from that object and not from the plugin's options: without
# `cache` there it is the default of 5,000. The clients heard of longest ago are then forgotten, in the middle of their window, with what they
# have used.
#
# Why one expects otherwise: a route's object is documented to override what the plugin was given, and max, timeWindow, hook and all else that it
# does not name is the plugin's. Routes without such an object have the size that was set.
#
# What it means for users of limiters: a service with more clients than that counts the routes with a limit of their own less exactly than the others,
# however large the cache was set. Repeat `cache` in every route's object, or use Redis.
#
# Seen 2026-11-30, Node 20.20, fastify 5.12.8, limit 1 an hour, cache 50,000; the first client again after 6,000 others:
#   route with the plugin's limit:                429
#   route with a limit of its own:                200
#   route with a limit and a cache of its own:    429
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --prefix . @fastify/rate-limit@11.2.0 fastify@5.12.8 || { echo "could not install"; exit 2; }

cat >see.mjs <<'END'
import rateLimit from '@fastify/rate-limit';
import Fastify from 'fastify';

const app = Fastify();
await app.register(rateLimit, { max: 1, timeWindow: 3_600_000, cache: 50_000, keyGenerator: request => request.headers['x-client'] });
app.get('/plugin', async () => 'hello');
app.get('/own', { config: { rateLimit: { max: 1 } } }, async () => 'hello');
app.get('/both', { config: { rateLimit: { max: 1, cache: 50_000 } } }, async () => 'hello');

// The status of the first client's second request, when 6,000 others have asked in between.
async function second(url) {
  const ask = async client => (await app.inject({ url, headers: { 'x-client': `client-${client}` } })).statusCode;
  for (let client = 0; client <= 6000; client++) {
    if (await ask(client) !== 200) throw new Error(`client ${client} was refused at once`);
  }
  return ask(0);
}

const [plugin, own, both] = [await second('/plugin'), await second('/own'), await second('/both')];
console.log(`route with the plugin's limit:                ${plugin}`);
console.log(`route with a limit of its own:                ${own}`);
console.log(`route with a limit and a cache of its own:    ${both}`);
process.exit(plugin === 429 && own === 200 && both === 429 ? 0 : 1);
END
node see.mjs
