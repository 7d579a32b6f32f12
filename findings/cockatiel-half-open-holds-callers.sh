#!/usr/bin/env bash
# cockatiel 4.0.0 (npm): a half-open circuit breaker holds its callers instead of refusing them.
#
# What happens: once halfOpenAfter has passed, the first call is the probe. Every further call that arrives while the probe runs is
# neither refused nor executed: it waits, without a bound in number or time, for the probe's outcome. If the probe succeeds, all of
# them start in the same instant; if the service hangs, all of them hang with the probe.
#
# Why one expects otherwise: an open breaker answers in microseconds, and half-open is commonly taken to mean "one goes through, the
# others are still refused" (Polly and opossum do that). A caller that has chosen fail-fast does not expect to be parked.
#
# What it means for a limiter: a breaker in front of a slow limiter store turns into an unbounded queue at the moment the store is
# weakest: the callers pile up behind one slow probe, and the recovered store gets the whole pile as one burst. Put a time-out inside
# the breaker (round the probed call) and a bulkhead outside it.
#
# Seen 2026-11-29, Node 20.20:
#   open: refused at once: Execution prevented because the circuit breaker is open
#   half-open, probe running for 1 s: 200 callers, 0 refused, 0 answered, 1 execution
#   probe succeeded: 200 executions started within 5 ms of it
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --prefix . cockatiel@4.0.0 || { echo "could not install"; exit 2; }

cat >see.mjs <<'EOF'
import { ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
const wait = ms => new Promise(done => setTimeout(done, ms));
const policy = circuitBreaker(handleAll, { halfOpenAfter: 200, breaker: new ConsecutiveBreaker(3) });

for (let i = 0; i < 3; i++) await policy.execute(() => Promise.reject(new Error('store down'))).catch(() => {});
const refusal = await policy.execute(() => 1).catch(error => error.message);
console.log(`open: refused at once: ${refusal}`);
await wait(300);

let release, probeEndedAt, started = 0, refused = 0, answered = 0, lastStart = 0;
const probeHeld = new Promise(done => (release = done));
const callers = Array.from({ length: 200 }, (_, i) =>
  policy.execute(async () => {
    started++;
    lastStart = performance.now();
    if (i === 0) await probeHeld;
  }).then(() => answered++, () => refused++));
await wait(1000);
console.log(`half-open, probe running for 1 s: 200 callers, ${refused} refused, ${answered} answered, ${started} execution`);
const held = refused === 0 && answered === 0 && started === 1;
probeEndedAt = performance.now();
release();
await Promise.all(callers);
console.log(`probe succeeded: ${started} executions started within ${Math.ceil(lastStart - probeEndedAt)} ms of it`);
process.exit(held && started === 200 ? 0 : 1);
EOF
node see.mjs
