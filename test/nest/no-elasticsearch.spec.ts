import { describe, expect, it, jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { readdirSync, readFileSync } from 'node:fs';

const missing = Object.assign(new Error("Cannot find package '@nestjs/elasticsearch'"), {
  code: 'ERR_MODULE_NOT_FOUND',
});
jest.unstable_mockModule('@nestjs/elasticsearch', () => {
  throw missing;
});
const { MemorySequenceStore, SequenceModule, SequenceService } = await import('../../lib/index.js');

describe('Without @nestjs/elasticsearch', () => {
  it('an application with a store of its own draws ids', async () => {
    const app = await Test.createTestingModule({
      imports: [SequenceModule.forRoot({ store: new MemorySequenceStore() })],
    }).compile();
    expect(await app.get(SequenceService).next('orders')).toBe(1);
    await app.close();
  });

  it('the default store says what to install', async () => {
    const built = Test.createTestingModule({ imports: [SequenceModule.forRoot()] }).compile();
    await expect(built).rejects.toMatchObject({
      code: 'NO_CLIENT',
      message: expect.stringMatching(
        /could not be loaded\. Install it: npm install @nestjs\/elasticsearch @elastic\/elasticsearch \(on Nest 11: @nestjs\/elasticsearch@11\)\. Or pass a store/,
      ),
      cause: missing,
    });
  });

  it('nothing is loaded that an application may lack: no optional package is imported but by its own entry', () => {
    const { peerDependenciesMeta } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { peerDependenciesMeta: Record<string, object> };
    const optional = Object.keys(peerDependenciesMeta);
    expect(optional).toEqual(expect.arrayContaining(['@elastic/elasticsearch', '@nestjs/elasticsearch']));
    const folder = new URL('../../lib/', import.meta.url);
    const shared = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) =>
        name.endsWith('.ts') &&
        /^(index|(common|core|entity|nest)\b.*|store\/[^/]*|store\/elasticsearch\/.*)\.ts$/.test(name),
    );
    expect(shared.length).toBeGreaterThan(40);
    for (const name of shared) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      const imported = [...text.matchAll(/^(?:import|export) .*? from '([^']*)'/gms)].map(([, from]) => from);
      expect({ name, imported: imported.filter((from) => optional.includes(from!)) }).toEqual({
        name,
        imported: [],
      });
    }
  });
});
