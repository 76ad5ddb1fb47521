import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule, { logger: ['warn', 'error', 'fatal'] });
// Without this Nest runs no shutdown hooks on SIGTERM, and callers that wait for an id would not be served any more.
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000);

const { port } = app.getHttpServer().address() as { port: number };
const url = `http://localhost:${port}`;
console.log(`Listening on ${url}. Try:`);
console.log(`curl ${url}/orders -H 'content-type: application/json' -d '{"item":"tea"}'`);
