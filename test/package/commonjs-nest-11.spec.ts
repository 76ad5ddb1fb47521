/** @servers elasticsearch-9 */
import { Client } from '@elastic/elasticsearch';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { serverUrl } from '../support/declared-servers.js';
import { removeIndices, temporaryAlias } from '../support/elasticsearch-clients.js';
import { ProjectCopy, run } from '../support/project-copy.js';
import { cached } from '../support/server-cache.js';

const node = serverUrl('elasticsearch-9');

/** As `nest new` of Nest 11 makes it, with the versions its users have. */
const manifest = JSON.stringify({
  name: 'commonjs-nest-11',
  private: true,
  dependencies: {
    '@elastic/elasticsearch': '8.19.2',
    '@nestjs/common': '11.2.10',
    '@nestjs/core': '11.2.10',
    '@nestjs/elasticsearch': '11.1.0',
    '@noble/ciphers': '2.4.0',
    cdigit: '4.0.3',
    '@nestjs/terminus': '11.1.1',
    'reflect-metadata': '0.2.2',
    rxjs: '7.8.2',
  },
  devDependencies: {
    '@nestjs/testing': '11.2.6',
    '@types/jest': '30.0.0',
    '@types/node': '20.19.43',
    jest: '30.5.2',
    'ts-jest': '29.4.15',
    typescript: '5.9.3',
  },
});

const files = {
  'package.json': manifest,
  'tsconfig.json': `{ "compilerOptions": { "module": "nodenext", "target": "es2023", "strict": true, "isolatedModules": true,
    "experimentalDecorators": true, "emitDecoratorMetadata": true, "skipLibCheck": true, "types": ["node", "jest"],
    "rootDir": "src", "outDir": "dist" }, "include": ["src"] }`,
  'jest.config.js': `module.exports = {
    rootDir: 'src',
    testRegex: '\\\\.spec\\\\.ts$',
    transform: { '^.+\\\\.(t|j)s$': 'ts-jest' },
    transformIgnorePatterns: ['/node_modules/(?!(nestjs-essequence|cdigit|@noble/ciphers)/)'],
  };`,
  'src/app.ts': `
    import { Injectable, Module } from '@nestjs/common';
    import { NestFactory } from '@nestjs/core';
    import { ElasticsearchModule } from '@nestjs/elasticsearch';
    import { InjectSequence, numberSeries, SequenceId, SequenceModule, SequenceService, type Sequence } from 'nestjs-essequence';

    export const orderNumbers = numberSeries({
      name: 'orders',
      format: '{n:8:scrambled}{check:damm}',
      key: new Uint8Array(16),
    });

    export class Order {
      @SequenceId('orders') readonly id!: number;
    }

    @Injectable()
    export class Orders {
      constructor(
        private readonly sequences: SequenceService,
        @InjectSequence('receipts') private readonly receipts: Sequence<string>,
      ) {}

      async place(): Promise<{ id: number; receipt: string }> {
        const { id } = await this.sequences.create(Order);
        return { id, receipt: await this.receipts.next() };
      }
    }

    @Module({
      imports: [
        ElasticsearchModule.register({ node: process.env.ELASTICSEARCH_9_URL! }),
        SequenceModule.forRoot({ index: process.env.INDEX! }),
        SequenceModule.forFeature({ name: 'receipts', transform: (id) => \`R-\${id}\` }),
      ],
      providers: [Orders],
    })
    export class AppModule {}

    export async function placeTwo() {
      const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
      const placed = [await app.get(Orders).place(), await app.get(Orders).place()];
      await app.close();
      return placed;
    }`,
  'src/main.ts': `
    import { orderNumbers, placeTwo } from './app';
    import * as imported from 'nestjs-essequence';
    void placeTwo().then(async (placed) => {
      const dynamic = await import('nestjs-essequence');
      console.log(JSON.stringify({ placed, n: orderNumbers.parse(orderNumbers.format(42))?.n, one: dynamic.SequenceService === imported.SequenceService }));
    });`,
  'src/health.ts': `
    import { Module } from '@nestjs/common';
    import { NestFactory } from '@nestjs/core';
    import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
    import { MemorySequenceStore, SequenceError, SequenceModule, SequenceService } from 'nestjs-essequence';
    import { SequenceHealthIndicator } from 'nestjs-essequence/terminus';

    class Store extends MemorySequenceStore {
      fails = false;

      async ping(): Promise<void> {
        if (this.fails) throw new SequenceError('UNAVAILABLE', 'out of order');
      }

      override claim(request: Parameters<MemorySequenceStore['claim']>[0]): ReturnType<MemorySequenceStore['claim']> {
        if (!this.fails) return super.claim(request);
        return Promise.reject(new SequenceError('UNAVAILABLE', 'out of order', { sequence: request.name }));
      }
    }
    const store = new Store();

    @Module({
      imports: [TerminusModule, SequenceModule.forRoot({ store, blockSize: 10, closeTimeout: 0 })],
      providers: [SequenceHealthIndicator],
    })
    class HealthModule {}

    void (async () => {
      const app = await NestFactory.createApplicationContext(HealthModule, { logger: false });
      const health = await app.resolve(HealthCheckService);
      const indicator = app.get(SequenceHealthIndicator);
      const sequences = app.get(SequenceService);
      // Each look at the store is good for a second; another time limit is another look.
      let timeout = 500;
      const check = () =>
        health.check([() => indicator.check('sequences', { timeout: timeout++ })]).then(
          ({ details }) => ({ http: 200, ...details.sequences }),
          (error) => ({ http: error.getStatus(), ...error.getResponse().details.sequences }),
        );
      await sequences.next('orders');
      const up = await check();
      store.fails = true;
      const degraded = await check();
      await sequences.take('orders', 9);
      const down = await check();
      store.fails = false;
      console.log(JSON.stringify([up, degraded, down]));
      await app.close();
    })();`,
  'src/app.spec.ts': `
    import { orderNumbers, placeTwo } from './app';
    it('loads the peers of number series', () => {
      expect(orderNumbers.parse(orderNumbers.format(42))?.n).toBe(42);
    });
    it('draws ids', async () => {
      const [one, other] = await placeTwo();
      expect(other!.id).toBe(one!.id + 1);
    });`,
};

(node ? describe : describe.skip)('A CommonJS application of NestJS 11', () => {
  const project = new ProjectCopy();
  const app = mkdtempSync(join(tmpdir(), 'essequence-nest-11-'));
  const INDEX = temporaryAlias();

  beforeAll(async () => {
    const [tarball, dependencies] = await Promise.all([
      project.npm('pack', '--silent', '--pack-destination', app),
      cached(`nest-11-${createHash('sha256').update(manifest).digest('hex').slice(0, 8)}`, install),
    ]);
    cpSync(join(dependencies, 'node_modules'), join(app, 'node_modules'), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(app, name)), { recursive: true });
      writeFileSync(join(app, name), text);
    }
    await install(app, `./${tarball.trim().split('\n').at(-1)!}`);
  }, 300_000);

  afterAll(async () => {
    project.remove();
    rmSync(app, { recursive: true, force: true });
    const client = new Client({ node: node! });
    await removeIndices(client, INDEX);
    await client.close();
  });

  it('compiles, boots through require(esm), and draws ids', async () => {
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], app);
    const printed = await run(process.execPath, ['dist/main.js'], app, { INDEX });
    expect(JSON.parse(printed)).toEqual({
      placed: [
        { id: 1, receipt: 'R-1' },
        { id: 2, receipt: 'R-2' },
      ],
      // Its optional peers are ES modules, which Node requires.
      n: 42,
      // One copy of the classes, however they are loaded: they are injection tokens.
      one: true,
    });
  }, 120_000);

  it('is told by terminus 11, which knows no degraded state, how its sequences are', async () => {
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], app);
    const [up, degraded, down] = JSON.parse(await run(process.execPath, ['dist/health.js'], app));
    expect(up).toEqual({ http: 200, status: 'up' });
    expect(degraded).toMatchObject({
      http: 200,
      status: 'up',
      degraded: true,
      store: { code: 'UNAVAILABLE' },
    });
    expect(down).toMatchObject({ http: 503, status: 'down', sequencesWithoutIds: 1, withoutIds: ['orders'] });
  }, 120_000);

  it('runs its jest with the one line the README names', async () => {
    await run(process.execPath, ['node_modules/jest/bin/jest.js'], app, { INDEX });
  }, 120_000);
});

async function install(folder: string, ...packages: string[]): Promise<void> {
  if (packages.length === 0) writeFileSync(join(folder, 'package.json'), manifest);
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages], folder);
}
