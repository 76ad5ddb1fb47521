import { Injectable } from '@nestjs/common';
import { join } from 'node:path';
import type { Invoice } from './invoice.js';
import { JsonLines } from './json-lines.js';

@Injectable()
export class InvoicesRepository extends JsonLines<Invoice> {
  constructor() {
    super(join(process.env['DATA_DIR'] ?? 'data', 'invoices.jsonl'));
  }
}
