// The client that all three packages are given. It sends what one turn of the event loop asks in one write.
import { Redis } from 'ioredis';

export const connect = () => new Redis(process.env.REDIS, { enableAutoPipelining: true });
