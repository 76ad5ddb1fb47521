import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  HttpException,
  type INestApplicationContext,
  type LoggerService,
  Module,
} from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { firstValueFrom } from 'rxjs';
import { WebSocket } from 'ws';
import { SequenceError, SequenceExceptionFilter } from '../../lib/index.js';
import { reservePorts } from '../support/ports.js';

const late = new SequenceError('TIMEOUT', 'Sequence "orders": no id within 5000 ms.', { sequence: 'orders' });
const lost = new SequenceError('VANISHED', 'Sequence "orders": it is gone.', { sequence: 'orders' });

@Controller()
class Orders {
  @Get('late') late(): never {
    throw late;
  }
  @Get('lost') lost(): never {
    throw lost;
  }
  @Get('other') other(): never {
    throw new HttpException('no tea', 418);
  }
  @MessagePattern('late') lateMessage(): never {
    throw late;
  }
}

class Recorder implements LoggerService {
  readonly errors: unknown[] = [];
  log(): void {}
  warn(): void {}
  error(message: unknown): void {
    this.errors.push(message);
  }
}

const filter = { provide: APP_FILTER, useClass: SequenceExceptionFilter };

@Module({ controllers: [Orders], providers: [filter] })
class AppModule {}

describe('SequenceExceptionFilter', () => {
  const running: INestApplicationContext[] = [];
  afterEach(async () => {
    for (const application of running.splice(0)) await application.close();
  });

  describe.each(['express', 'fastify'])('over HTTP (%s)', (platform) => {
    async function serve(): Promise<{ url: string; logger: Recorder }> {
      const logger = new Recorder();
      const application =
        platform === 'express'
          ? await NestFactory.create(AppModule, { logger })
          : await NestFactory.create(AppModule, new FastifyAdapter(), { logger });
      running.push(application);
      await application.listen(0, '127.0.0.1');
      return { url: (await application.getUrl()).replace('[::1]', '127.0.0.1'), logger };
    }

    it('a retryable error is 503 with Retry-After, names no sequence and is not logged', async () => {
      const { url, logger } = await serve();
      const response = await fetch(`${url}/late`);
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('5');
      expect(await response.json()).toEqual({ statusCode: 503, message: 'Service Unavailable' });
      expect(logger.errors).toEqual([]);
    });

    it('an error that no retry changes is 500, names no sequence and is logged once', async () => {
      const { url, logger } = await serve();
      const response = await fetch(`${url}/lost`);
      expect(response.status).toBe(500);
      expect(response.headers.get('retry-after')).toBeNull();
      expect(await response.text()).not.toContain('orders');
      expect(logger.errors).toEqual([lost]);
    });

    it('leaves other errors alone', async () => {
      const { url } = await serve();
      expect((await fetch(`${url}/other`)).status).toBe(418);
    });
  });

  it('leaves the error of a microservice to Nest, which logs it once and answers', async () => {
    const logger = new Recorder();
    const { pairs, release } = await reservePorts(1);
    const options = { host: '127.0.0.1', port: pairs[0]!.httpPort };
    const application = await NestFactory.createMicroservice(AppModule, {
      transport: Transport.TCP,
      options,
      logger,
    });
    running.push(application);
    await application.listen();
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options });
    try {
      await expect(firstValueFrom(client.send('late', {}))).rejects.toEqual({
        status: 'error',
        message: 'Internal server error',
      });
      expect(logger.errors).toEqual([late]);
    } finally {
      await client.close();
      release();
    }
  });

  it('answers a WebSocket as Nest does, logged once', async () => {
    const { pairs, release } = await reservePorts(1);
    const port = pairs[0]!.httpPort;

    @WebSocketGateway(port)
    class OrdersGateway {
      @SubscribeMessage('late') late(): never {
        throw late;
      }
    }

    @Module({ providers: [OrdersGateway, filter] })
    class GatewayModule {}

    const logger = new Recorder();
    const application = await NestFactory.create(GatewayModule, { logger });
    running.push(application);
    application.useWebSocketAdapter(new WsAdapter(application));
    await application.listen(0, '127.0.0.1');
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    try {
      await new Promise((resolve) => socket.once('open', resolve));
      const answer = new Promise<string>((resolve) =>
        socket.once('message', (data) => resolve(String(data))),
      );
      socket.send(JSON.stringify({ event: 'late', data: {} }));
      expect(JSON.parse(await answer)).toMatchObject({
        event: 'exception',
        data: { status: 'error', message: 'Internal server error' },
      });
      expect(logger.errors).toEqual([late]);
    } finally {
      socket.close();
      release();
    }
  });
});
