/** @servers elasticsearch-9 */
import { afterAll, describe, expect, it } from '@jest/globals';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { outOfTurn } from '../../torture/real-time-order.js';
import { removeIndices, temporaryAlias } from '../support/elasticsearch-clients.js';
import { onRealServers } from '../support/on-real-servers.js';
import { runningServers } from '../support/declared-servers.js';
import type { DrawnNumber, NewYearTask, NewYearTimes } from './new-year.js';

const script = fileURLToPath(new URL('new-year-process.ts', import.meta.url));

/** `npm run test:new-year` takes a minute. */
const SECONDS = Number(process.env['NEW_YEAR_SECONDS'] ?? 6);
/** Milliseconds by which the clocks of the processes differ. */
const AHEAD = [-2_000, 0, 2_000];

/** The next message of a process; fails when it ends without one. */
async function message<Message>(of: ReturnType<typeof fork>): Promise<Message> {
  // 'exit' may come before what the process said last; 'disconnect' comes after it.
  const ended = once(of, 'disconnect').then(() => Promise.reject(new Error('the process ended')));
  const [said] = (await Promise.race([once(of, 'message'), ended])) as [Message];
  ended.catch(() => {});
  return said;
}

onRealServers(({ name, client }) => {
  describe('Over New Year', () => {
    const index = temporaryAlias();
    afterAll(async () => {
      await removeIndices(client, index);
      await client.close();
    });

    it(`processes whose clocks differ number ${SECONDS} s of invoices`, async () => {
      const url = runningServers().get('elasticsearch-9')!;
      const started = AHEAD.map((ahead) => {
        const task: NewYearTask = { url, index, ahead };
        return fork(script, [JSON.stringify(task)], { execArgv: ['--import', 'tsx'] });
      });
      await Promise.all(started.map((each) => message(each)));
      const begins = performance.timeOrigin + performance.now();
      const ends = begins + SECONDS * 1_000;
      const times: NewYearTimes = { newYear: (begins + ends) / 2, ends };
      const processes = await Promise.all(
        started.map(async (each) => {
          const drawn = message<DrawnNumber[]>(each);
          each.send(times);
          const numbers = await drawn;
          each.disconnect();
          return numbers;
        }),
      );
      const drawn = processes.flat();

      // Every number is right for the date that it was drawn with.
      const year = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Vienna', year: 'numeric' });
      const wrong = drawn.filter(
        ({ text, from, to }) => ![from, to].some((time) => text.startsWith(`INV-${year.format(time)}-`)),
      );
      expect(wrong).toEqual([]);

      // None is missing, none is there twice.
      const periods = ['2026', '2027'].map((period) => {
        const calls = drawn.filter(({ text }) => text.startsWith(`INV-${period}-`));
        return calls.map((call) => ({ ...call, n: Number(call.text.slice('INV-2026-'.length)) }));
      });
      for (const calls of periods) {
        const numbers = calls.map(({ n }) => n).toSorted((one, other) => one - other);
        expect(numbers).toEqual(Array.from(numbers, (_, position) => position + 1));
        // In each period they ascend in real time, whoever drew them.
        expect(
          outOfTurn(calls.map(({ n, ...call }) => ({ ...call, first: n, last: n, by: call.text }))),
        ).toEqual([]);
      }

      // And every process drew in both years, one of them still in the old one when another was in the new.
      const counts = processes.map((calls) =>
        ['2026', '2027'].map((period) => calls.filter(({ text }) => text.includes(period)).length),
      );
      expect(Math.min(...counts.flat())).toBeGreaterThan(0);
      const [old, young] = [periods[0]!, periods[1]!];
      expect(Math.min(...young.map(({ begun }) => begun))).toBeLessThan(
        Math.max(...old.map(({ begun }) => begun)),
      );
      if (SECONDS > 6) console.log(`${name}: ${counts.map((both) => both.join(' and ')).join('; ')} numbers`);
    }, 120_000);
  });
});
