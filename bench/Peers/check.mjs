// check.mjs NAME URL: whether a contender does what it is measured for. It admits what is far from its limit and, where it tells, charges one permit;
// a limit of ten (twenty for this service's tier) is used up and then refused with 429. Status 1, and what is wrong, if not.
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { contenders } from './contenders.mjs';

const [name, url] = process.argv.slice(2);
const { isLimiter = true, tells = true, source } = contenders[name];
const fewest = 8, most = 22, enough = 30;

function fail(what) {
  console.error(`${name}: ${what}`);
  process.exit(1);
}

// All on one connection: where each worker counts for itself, that is one worker.
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

async function ask(key, policy) {
  const call = request(`${url}/limit/incr`, {
    agent,
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Api-Key': 'dev-pro-key', 'X-Key': key, 'X-Policy': policy },
  });
  call.end(JSON.stringify({ key, cost: 1, policy }));
  const [answer] = await once(call, 'response');
  const text = Buffer.concat(await answer.toArray()).toString();
  try {
    return { status: answer.statusCode, body: JSON.parse(text) };
  } catch {
    return fail(`answered ${answer.statusCode} with what is no JSON: ${text.slice(0, 200)}`);
  }
}

// A remote engine may just have been connected with: until it answers, the service decides locally.
const key = `check-${process.pid}`;
let first = await ask(key, 'unlimited-bench');
for (let i = 0; i < 100 && source && first.body.source !== source; i++) {
  await new Promise(passed => setTimeout(passed, 100));
  first = await ask(key, 'unlimited-bench');
}
if (first.status !== 200 || !first.body.allowed) fail(`refused the first request: ${first.status} ${JSON.stringify(first.body)}`);
if (source && first.body.source !== source) fail(`was decided by ${first.body.source} and not by ${source}`);
if (isLimiter) {
  // A bucket of a thousand million fills by 277,777 a second: what is charged on a fresh key shows within its first millisecond at most. The low one
  // fills by one in six seconds.
  const low = `low-${process.pid}`;
  const statuses = [], remaining = [];
  for (let i = 0; i < enough; i++) {
    const { status, body } = await ask(low, 'default');
    statuses.push(status);
    if (status === 200) remaining.push(body.remaining);
  }
  const admitted = statuses.includes(429) ? statuses.indexOf(429) : enough;
  if (admitted < fewest || admitted > most) fail(`admitted ${admitted} of ${enough} on a limit of ten or twenty: ${statuses}`);
  if (statuses.slice(admitted).some(status => status !== 429)) fail(`did not stay at its refusal: ${statuses}`);
  if (tells && remaining.some((left, i) => i > 0 && left !== remaining[i - 1] - 1)) fail(`did not charge one permit each: ${remaining} remained`);
  console.error(`${name}: ${admitted} admitted${tells ? `, ${remaining[0]} to ${remaining.at(-1)} remaining` : ''}, then refused`);
}
process.exit(0);
