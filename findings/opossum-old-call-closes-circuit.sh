#!/usr/bin/env bash
# opossum 10.0.0 (npm): a slow call from before the outage closes the half-open circuit, without any probe.
#
# What happens: the breaker closes on the success of whichever call succeeds while its state is half-open. It does not remember which
# call was let through as the probe. A call that was sent before the circuit opened, and whose answer arrives late, therefore closes the
# circuit although nothing has been sent to the service since it failed.
#
# Why one expects otherwise: half-open is described as the state in which the *next* call decides. An answer that was already under way
# before the failures says nothing about the service now.
#
# What it means for a limiter: stores and upstreams that stall produce exactly this mix (some slow answers, many quick failures), so a
# breaker round them re-closes on stale evidence and sends the full load again. Keep the call's time-out below resetTimeout: then no
# old call can still be running when the circuit turns half-open.
#
# Seen 2026-11-29, Node 20.20:
#   0 ms: slow call sent; then 5 calls fail: circuit open
#   after resetTimeout: circuit half-open, calls sent since it opened: 0
#   the old call answers: circuit closed, calls sent since it opened: 0
#   of the next 3 calls, 3 reached the service that is still down
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --prefix . opossum@10.0.0 || { echo "could not install"; exit 2; }

cat >see.mjs <<'EOF'
import CircuitBreaker from 'opossum';
const wait = ms => new Promise(done => setTimeout(done, ms));
let answerOld, reached = 0;
const service = kind => {
  reached++;
  return kind === 'slow' ? new Promise(done => (answerOld = done)) : Promise.reject(new Error('down'));
};
const breaker = new CircuitBreaker(service, { timeout: 10_000, resetTimeout: 300, errorThresholdPercentage: 50, volumeThreshold: 5 });
const state = () => (breaker.opened ? 'open' : breaker.halfOpen ? 'half-open' : 'closed');

const old = breaker.fire('slow');
for (let i = 0; i < 5; i++) await breaker.fire('quick').catch(() => {});
console.log(`0 ms: slow call sent; then 5 calls fail: circuit ${state()}`);
const opened = state() === 'open';
reached = 0;
await wait(600);
console.log(`after resetTimeout: circuit ${state()}, calls sent since it opened: ${reached}`);
const halfOpen = state() === 'half-open';
answerOld('late');
await old;
console.log(`the old call answers: circuit ${state()}, calls sent since it opened: ${reached}`);
const closed = state() === 'closed' && reached === 0;
await Promise.all([1, 2, 3].map(() => breaker.fire('quick').catch(() => {})));
console.log(`of the next 3 calls, ${reached} reached the service that is still down`);
process.exit(opened && halfOpen && closed && reached === 3 ? 0 : 1);
EOF
node see.mjs
