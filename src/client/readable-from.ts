import type { BoundedQueue } from './bounded-queue.ts'

/**
 * Returns a stream of the messages in a queue. It takes one only when somebody reads, so unread messages stay
 * in the queue, whose bound slows the remote down.
 *
 * @param cancelled called if the reader cancels the stream
 */
export function readableFrom(
  unread: BoundedQueue<Uint8Array>,
  cancelled: () => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { value } = await unread.next()
        if (value === undefined) controller.close()
        else controller.enqueue(value)
      },
      cancel: cancelled,
    },
    { highWaterMark: 0 },
  )
}
