import type { PrismaClient } from './generated/client.js';

/** Orders whose `id` reads as a number: ids of this library are at most 2^53 - 1, so none is rounded. */
export function withNumberIds(prisma: PrismaClient) {
  return prisma.$extends({
    result: { order: { id: { needs: { id: true }, compute: ({ id }) => Number(id) } } },
  });
}
