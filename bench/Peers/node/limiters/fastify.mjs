// Fastify with @fastify/rate-limit: with STORE=redis in Redis, else in its own cache, which is given room for every key. It decides once the
// body is read.
import rateLimit from '@fastify/rate-limit';
import Fastify from 'fastify';
import { answerOf, policies, policyOf } from '../policies.mjs';
import { connect } from '../redis.mjs';

const app = Fastify();
await app.register(rateLimit, { global: false, redis: process.env.STORE === 'redis' ? connect() : undefined });
app.post('/limit/incr', {
  config: {
    rateLimit: {
      hook: 'preHandler',
      cache: 200_000, // the plugin's would not reach this route
      max: request => policies[policyOf(request.body.policy)].limit,
      timeWindow: request => policies[policyOf(request.body.policy)].seconds * 1000,
      keyGenerator: request => `${policyOf(request.body.policy)}:${request.body.key}`,
      errorResponseBuilder: (request, { statusCode }) => ({ statusCode, ...answerOf(false, 0, policyOf(request.body.policy)) }),
    },
  },
}, async (request, reply) => answerOf(true, Number(reply.getHeader('x-ratelimit-remaining')), policyOf(request.body.policy)));

export const listen = options => app.listen(options);
