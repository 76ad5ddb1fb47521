import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  context,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { SequenceError } from '../../common/sequence-error.js';
import type { ClaimTrace } from '../../core/diagnostics.js';
import type { SequenceObserver } from '../../core/observers.js';
import type { SequenceRegistry } from '../../core/sequence-registry.js';
import { DEFINITION, ERROR_TYPE } from './metric-names.js';

/**
 * One span for each attempt to claim; what the client traces itself nests inside. Its parent is the call that waits
 * longest; a claim that nobody waits for has none. Drawing an id from memory is no span.
 */
export class SequenceSpans implements SequenceObserver {
  readonly #tracer: Tracer;
  readonly #leave: () => void;

  constructor(
    private readonly registry: SequenceRegistry,
    tracerProvider: TracerProvider | undefined,
  ) {
    this.#tracer = (tracerProvider ?? trace).getTracer('nestjs-essequence');
    this.#leave = registry.observers.add(this);
  }

  claiming<Result>({ sequence, waiting }: ClaimTrace, run: () => Promise<Result>): Promise<Result> {
    const parent = waiting === 0 ? ROOT_CONTEXT : context.active();
    const attributes = {
      [DEFINITION]: this.registry.labelOf(sequence),
      'essequence.sequence': sequence,
      'essequence.waiting': waiting,
    };
    const options = { kind: SpanKind.INTERNAL, attributes };
    return this.#tracer.startActiveSpan('essequence.claim', options, parent, async (span) => {
      try {
        return await run();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        span.setStatus({ code: SpanStatusCode.ERROR, message });
        if (error instanceof SequenceError) span.setAttribute(ERROR_TYPE, error.code);
        throw error;
      } finally {
        span.end();
      }
    });
  }

  close(): void {
    this.#leave();
  }
}
