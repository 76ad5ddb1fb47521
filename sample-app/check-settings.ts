import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';

/** A setting of the environment that cannot work. The message is one line that says what to do. */
export class SettingError extends Error {}

/** Looks at the settings before anything is built: what is wrong with them would else show up deep inside a library. */
export async function checkSettings({
  PORT = '3000',
  DATA_DIR = 'data',
  ELASTICSEARCH_NODE,
  OUTAGE_SECONDS = '20',
}: NodeJS.ProcessEnv): Promise<void> {
  if (!/^\d+$/.test(PORT) || Number(PORT) > 65_535) {
    throw new SettingError(`PORT is "${PORT}", which is not a port. Set it to a number from 0 to 65535.`);
  }
  if (ELASTICSEARCH_NODE && !/^https?:\/\/./.test(ELASTICSEARCH_NODE)) {
    throw new SettingError(
      `ELASTICSEARCH_NODE is "${ELASTICSEARCH_NODE}", which has no scheme. Write http:// or https:// before it.`,
    );
  }
  if (!/^\d+$/.test(OUTAGE_SECONDS) || Number(OUTAGE_SECONDS) < 1 || Number(OUTAGE_SECONDS) > 3_600) {
    throw new SettingError(
      `OUTAGE_SECONDS is "${OUTAGE_SECONDS}", which is not a length for an outage. Set it to a number from 1 to 3600.`,
    );
  }
  try {
    await mkdir(DATA_DIR, { recursive: true });
    await access(DATA_DIR, constants.W_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SettingError(
      `The folder "${DATA_DIR}" cannot be written to (${code}). Make it writable, or set DATA_DIR to another folder.`,
      { cause },
    );
  }
  await checkPort(Number(PORT));
}

/** Listens for a moment. Nest would write an error of its own before it throws one. */
async function checkPort(port: number): Promise<void> {
  const server = createServer();
  try {
    await once(server.listen(port), 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SettingError(
      code === 'EADDRINUSE'
        ? `Port ${port} is in use. Set PORT to another one, for example PORT=${port === 65_535 ? 3000 : port + 1} npm start.`
        : `Port ${port} cannot be used (${code}). Set PORT to another one above 1023.`,
      { cause },
    );
  }
  await once(server.close(), 'close');
}
