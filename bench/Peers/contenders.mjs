// What check.mjs and report.mjs know of the contenders. reads: where the key is read; counts: where it is counted, and by what rule; tells: whether
// the answer says how many permits remain; source: what this service's engine calls itself.
export const contenders = {
  bare: { title: 'bare Kestrel endpoint', reads: 'body', counts: 'nowhere', isLimiter: false },
  memory: { title: 'this service, memory', reads: 'body', counts: 'in its process; token bucket', source: 'memory' },
  redis: { title: 'this service, Redis', reads: 'body', counts: 'in Redis; token bucket', source: 'redis' },
  orleans: { title: 'this service, Orleans', reads: 'body', counts: 'in two silos, snapshots in Redis; token bucket', source: 'cluster' },
  aspnet: { title: 'ASP.NET Core `AddRateLimiter`', reads: 'header, body read too', counts: 'in its process; token bucket' },
  'redis-rate-limiting': { title: 'RedisRateLimiting', reads: 'body', counts: 'in Redis; token bucket' },
  nginx: { title: 'nginx `limit_req`', reads: 'header', counts: 'in memory that its two workers share; leaky bucket', tells: false },
  haproxy: { title: 'HAProxy stick table', reads: 'header', counts: 'in its process; sliding window' },
  'express-flexible-memory': { title: 'Express, rate-limiter-flexible', reads: 'body', counts: 'in each of two workers; fixed window' },
  'express-flexible-redis': { title: 'Express, rate-limiter-flexible, Redis', reads: 'body', counts: 'in Redis; fixed window' },
  'express-rate-limit-redis': { title: 'Express, express-rate-limit, Redis', reads: 'body', counts: 'in Redis; fixed window' },
  'fastify-memory': { title: '@fastify/rate-limit', reads: 'body', counts: 'in each of two workers; fixed window' },
  'fastify-redis': { title: '@fastify/rate-limit, Redis', reads: 'body', counts: 'in Redis; fixed window' },
};
