// report.mjs FIGURES: the tables of a run, from run.sh's figures: load, round, contender, then those of load.lua, CPU time in microseconds, and
// decisions that the service's remote engine left to its fallback. What was run comes in environment variables.
import { readFileSync } from 'node:fs';
import { contenders } from './contenders.mjs';

const engines = ['memory', 'redis', 'orleans'];
const turns = readFileSync(process.argv[2], 'utf8').trim().split('\n').map(line => {
  const [load, round, name, ...figures] = line.split('\t');
  const [requests, time, p50, p95, p99, , connect, read, write, timeout, refused, others, cpu, fallbacks] = figures.map(Number);
  // A turn without an answer has no latency, and nothing to divide by.
  const known = value => (requests > 0 ? value : NaN);
  return {
    load, round: Number(round), name, rate: requests / time * 1e6, p50: known(p50 / 1000), p95: known(p95 / 1000), p99: known(p99 / 1000),
    failed: connect + read + write + timeout + others, refused: known(refused / requests * 100), cpu: known(cpu / requests), fallbacks,
  };
});
const names = Object.keys(contenders).filter(name => turns.some(turn => turn.name === name));
const loads = [...new Set(turns.map(turn => turn.load))];

function median(numbers) {
  const sorted = numbers.filter(Number.isFinite).toSorted((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

const number = (value, digits) =>
  (Number.isFinite(value) ? value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }) : '–');
const ratio = value => number(value, value < 10 ? 2 : 1);
const milliseconds = value => number(value, value < 10 ? 2 : 1);

// The median and, in parentheses, the lowest and the highest.
function spread(values, text) {
  const known = values.filter(Number.isFinite);
  return `${text(median(known))} (${text(Math.min(...known))}–${text(Math.max(...known))})`;
}

// How many times as many requests per second one contender has as another, in each round.
function ratios(of, to) {
  return of.map(turn => turn.rate / to.find(other => other.round === turn.round).rate);
}

const describe = load => {
  const [pattern, connections] = load.split('@');
  const what = {
    'uniform-1k': '1,000 keys, each as often as the others; all admitted',
    'uniform-100k': '100,000 keys, each as often as the others; all admitted',
    admitted: 'nine in ten on one key, the others on 1,000; all admitted',
    refused: 'nine in ten on one key that is refused, the others on 1,000 that are admitted',
  }[pattern];
  return `${what}; ${number(Number(connections), 0)} connection${connections === '1' ? '' : 's'}`;
};

const { TITLE, COMMAND, ROUNDS, SECONDS_EACH, IDLE_BEFORE, IDLE_AFTER, MACHINE, USED } = process.env;
const print = (...lines) => console.log(lines.join('\n'));
print(`# ${TITLE}`, '', '```', COMMAND, '```', '',
  `${MACHINE}. ${ROUNDS} alternating round${ROUNDS === '1' ? '' : 's'} of ${SECONDS_EACH} s; servers, Redis and wrk share the machine. ` +
  `All servers were up all the time: while nobody asked, all of them took ${IDLE_BEFORE} before the first round and ${IDLE_AFTER} after the last. ` +
  `Used: ${USED.split(';').join(', ')}.`, '',
  'Each figure is the median of the rounds, in parentheses the lowest and the highest. What they mean, and what is not comparable: ' +
  '[bench/Peers](../Peers/README.md).', '',
  '| contender | key from | counts |', '|---|---|---|',
  ...names.map(name => `| ${contenders[name].title} | ${contenders[name].reads} | ${contenders[name].counts} |`));
for (const load of loads) {
  const of = name => turns.filter(turn => turn.load === load && turn.name === name);
  const bare = of('bare'), isRefused = load.startsWith('refused');
  print('', `## ${load}`, '', `${describe(load)}.`, '',
    `| contender | requests/s | ${bare.length ? 'of bare | ' : ''}p50, ms | p95, ms | p99, ms | CPU, us a request | failed | local |${isRefused ? ' refused, % |' : ''}`,
    `|---|---:|${bare.length ? '---:|' : ''}---:|---:|---:|---:|---:|---:|${isRefused ? '---:|' : ''}`,
    ...names.map(name => {
      const mine = of(name), each = field => mine.map(turn => turn[field]), sum = field => number(each(field).reduce((a, b) => a + b, 0), 0);
      return `| ${[
        contenders[name].title,
        spread(each('rate'), value => number(value, 0)),
        ...bare.length ? [spread(ratios(mine, bare), ratio)] : [],
        milliseconds(median(each('p50'))),
        spread(each('p95'), milliseconds),
        milliseconds(median(each('p99'))),
        number(median(each('cpu')), 1),
        sum('failed'),
        ['redis', 'orleans'].includes(name) ? sum('fallbacks') : '',
        ...isRefused ? [number(median(each('refused')), 1)] : [],
      ].join(' | ')} |`;
    }));
  const ours = engines.filter(name => of(name).length), peers = names.filter(name => !engines.includes(name) && name !== 'bare');
  if (ours.length && peers.length) {
    print('', 'Requests per second of this service, as a multiple of a peer\'s:', '',
      `| peer | ${ours.join(' | ')} |`, `|---|${'---:|'.repeat(ours.length)}`,
      ...peers.map(peer => `| ${contenders[peer].title} | ${ours.map(name => spread(ratios(of(name), of(peer)), ratio)).join(' | ')} |`));
  }
}
