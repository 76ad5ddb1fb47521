import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ElasticsearchRequest } from '../../lib/store/elasticsearch/request.js';
import { ElasticsearchDouble } from './elasticsearch-double.js';

export interface Page {
  status: number;
  type?: string;
  body?: string;
  headers?: Record<string, string>;
}

/** What clients from 7.14 to 7.17 ask for before anything else. */
const ROOT = {
  version: { number: '7.17.29', build_flavor: 'default' },
  tagline: 'You Know, for Search',
};

/**
 * A double of Elasticsearch behind a gateway that speaks HTTP, so that real clients can be pointed at it. Where `page`
 * gives one, the gateway answers by itself and the double hears nothing.
 */
export class Gateway {
  readonly double = new ElasticsearchDouble(true);
  readonly requests: { method: string; path: string; headers: IncomingMessage['headers'] }[] = [];
  page: (method: string, path: string) => Page | undefined = () => undefined;
  /** Whether it passes the header on by which the clients of Elastic know their server. */
  productHeader = true;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async open(): Promise<Gateway> {
    const gateway = new Gateway();
    await new Promise<void>((resolve) => gateway.#server.listen(0, '127.0.0.1', resolve));
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const { pathname, searchParams } = new URL(url, this.url);
    let text = '';
    for await (const part of request) text += String(part);
    this.requests.push({ method, path: pathname, headers });
    if (this.productHeader) response.setHeader('x-elastic-product', 'Elasticsearch');
    const page = this.page(method, pathname);
    if (page !== undefined) {
      const { status, type = 'application/json', body = '', headers: own = {} } = page;
      response.writeHead(status, { 'content-type': type, ...own }).end(body);
      return;
    }
    if (pathname === '/') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(ROOT));
      return;
    }
    const reply = this.double.handle({
      method: method as ElasticsearchRequest['method'],
      path: pathname,
      querystring: Object.fromEntries([...searchParams].map(([name, value]) => [name, fromText(value)])),
      ...(text === '' ? {} : { body: JSON.parse(text) as Record<string, unknown> }),
    });
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body));
  }
}

function fromText(value: string): string | number | boolean {
  if (value === 'true' || value === '') return true;
  return /^\d+$/.test(value) ? Number(value) : value;
}
