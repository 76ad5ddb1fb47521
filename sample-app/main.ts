import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SequenceError } from 'nestjs-essequence';
import { join } from 'node:path';
import { AppModule } from './app.module.js';
import { checkSettings, SettingError } from './check-settings.js';

try {
  await start();
} catch (error) {
  if (!(error instanceof SettingError || error instanceof SequenceError)) throw error;
  // Their messages say what to do. A stack would only hide it.
  console.error(error.message);
  process.exitCode = 1;
}

async function start(): Promise<void> {
  const { env } = process;
  await checkSettings(env);
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    logger: ['warn', 'error', 'fatal'],
    abortOnError: false,
  });
  app.useStaticAssets(join(import.meta.dirname, 'page', 'public'));
  // Without this Nest runs no shutdown hooks on SIGTERM, and callers that wait for an id would not be served any more.
  app.enableShutdownHooks();
  await app.listen(env['PORT'] ?? 3000);

  const { port } = app.getHttpServer().address() as { port: number };
  const url = `http://localhost:${port}`;
  console.log(`Listening on ${url}. Open it in a browser, or try:`);
  console.log(`curl ${url}/orders -H 'content-type: application/json' -d '{"item":"tea"}'`);
}
