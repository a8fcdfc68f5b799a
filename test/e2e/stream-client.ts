/**
 * An event stream read by a process of its own, so that a test can kill it as a closed laptop would:
 * `bun stream-client.ts URL [LAST_EVENT_ID]` copies the stream's bytes to its output.
 */
const [url, lastEventId] = process.argv.slice(2);
const answer = await fetch(url!, { headers: lastEventId ? { "Last-Event-ID": lastEventId } : {} });
for await (const bytes of answer.body!) process.stdout.write(bytes);

export {};
