// A contender that runs on Node: LIMITER names its file in limiters/, PORT where it listens. One worker for each core, as it would be run: they
// share the port. What is counted in memory each worker counts for itself.
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';

if (cluster.isPrimary) {
  for (let i = 0; i < Number(process.env.WORKERS ?? availableParallelism()); i++) cluster.fork();
  cluster.on('exit', worker => {
    console.error(`A worker ended: ${worker.process.exitCode ?? worker.process.signalCode}`);
    process.exit(1);
  });
} else {
  const { listen } = await import(`./limiters/${process.env.LIMITER}.mjs`);
  await listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
}
