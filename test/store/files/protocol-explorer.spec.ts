import { describe, expect, it } from '@jest/globals';
import { explore } from '../../support/files-explorer.js';
import { FilesModel, type Scenario } from '../../support/files-model.js';

/**
 * The claim of the file store as a model: the library's own protocol (files/protocol.ts), carried out on folders that
 * do what a file system does, in every order of the steps of all processes. A process that stops for ever at any point,
 * as `kill -9` stops it, is among them: it is one whose turn never comes again. `npm run torture:files` explores
 * further.
 */
const SCENARIOS: Record<string, Scenario> = {
  'three processes on a folder that is in use': { attempts: [3, 1, 1], kept: 0, begun: true },
  'three processes that create the folder': { attempts: [2, 1, 1], kept: 0 },
  'two processes, of which one makes five attempts, and one more generation stays': {
    attempts: [5, 2],
    kept: 1,
    begun: true,
  },
  'a power loss at any moment': { attempts: [2, 2], kept: 0, begun: true, powerLosses: 1 },
  'a power loss at any moment while the folder is created': { attempts: [2, 1], kept: 0, powerLosses: 1 },
  'a folder that is copied, and replaced by the copy, at any two moments': {
    attempts: [2, 1],
    kept: 0,
    begun: true,
    copies: 1,
    moves: 1,
  },
  'a file that cannot be removed': { attempts: [1, 1, 1], kept: 0, begun: true, stuck: 1 },
  'a path that leads to a copy for the moment of one link': {
    attempts: [2, 1],
    kept: 0,
    begun: true,
    copies: 1,
    flickers: 1,
  },
};

describe('The claim of the file store, in every order of steps', () => {
  it.each(Object.entries(SCENARIOS))('gives no value twice: %s', (_, scenario) => {
    const { violation, story, complete, states } = explore(new FilesModel(scenario));
    expect({ violation, story, complete }).toEqual({
      violation: undefined,
      story: undefined,
      complete: true,
    });
    expect(states).toBeGreaterThan(100);
  });

  it('gives a value twice where a link replaces what is there, as rename does', () => {
    const model = new FilesModel({ attempts: [1, 1], kept: 0, begun: true, replacing: true });
    expect(explore(model).violation).toBe('1 was claimed twice');
  });
});
