// Express with rate-limiter-flexible: with STORE=redis by RateLimiterRedis, else by RateLimiterMemory. Headers as in its documentation.
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { answerOf, policies, policyOf } from '../policies.mjs';
import { connect } from '../redis.mjs';
import { listenWith } from './express-app.mjs';

const client = process.env.STORE === 'redis' ? connect() : null;
const limiters = Object.fromEntries(Object.entries(policies).map(([name, { limit, seconds }]) => {
  const options = { keyPrefix: name, points: limit, duration: seconds };
  // A key that is used up is refused in this process until its window ends, without asking Redis: as its documentation advises.
  return [name, client
    ? new RateLimiterRedis({ ...options, storeClient: client, inMemoryBlockOnConsumed: limit + 1 })
    : new RateLimiterMemory(options)];
}));

async function answer(request, response) {
  const policy = policyOf(request.body.policy);
  let result, allowed = true;
  try {
    result = await limiters[policy].consume(request.body.key, 1);
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal;
    [result, allowed] = [refusal, false];
    response.status(429).set('Retry-After', String(Math.ceil(result.msBeforeNext / 1000)));
  }
  response.set('X-RateLimit-Limit', String(policies[policy].limit));
  response.set('X-RateLimit-Remaining', String(result.remainingPoints));
  response.set('X-RateLimit-Reset', String(Math.ceil((Date.now() + result.msBeforeNext) / 1000)));
  response.json(answerOf(allowed, result.remainingPoints, policy));
}

export const listen = listenWith(answer);
