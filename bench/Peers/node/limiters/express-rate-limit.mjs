// Express with express-rate-limit and its Redis store, rate-limit-redis.
import { rateLimit } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import { answerOf, policies, policyOf } from '../policies.mjs';
import { connect } from '../redis.mjs';
import { listenWith } from './express-app.mjs';

const client = connect();
const limiters = Object.fromEntries(Object.entries(policies).map(([name, { limit, seconds }]) => [name, rateLimit({
  windowMs: seconds * 1000,
  limit,
  standardHeaders: 'draft-8',
  legacyHeaders: false,
  keyGenerator: request => request.body.key,
  store: new RedisStore({ prefix: `${name}:`, sendCommand: (command, ...rest) => client.call(command, ...rest) }),
  handler: (request, response) => response.status(429).json(answerOf(false, 0, name)),
})]));

export const listen = listenWith(
  (request, response, next) => limiters[policyOf(request.body.policy)](request, response, next),
  (request, response) => response.json(answerOf(true, request.rateLimit.remaining, policyOf(request.body.policy))),
);
