// A fetch for clients of event streams that do not resume by themselves: where the connection breaks, it makes the call again
// with the same key and goes on behind the last event that came whole.
export function resumingFetch(fetch = globalThis.fetch, attempts = 10) {
  return async (url, init) => {
    const key = crypto.randomUUID();
    let last;
    const call = () => {
      const headers = new Headers(init.headers);
      headers.set('Idempotency-Key', key);
      headers.set('Runtape-Event-Ids', 'true');
      if (last) headers.set('Last-Event-ID', last);
      return fetch(url, { ...init, headers });
    };
    const tried = async (...busy) => {
      for (let left = attempts, pause = 100; ; left--, pause = Math.min(2 * pause, 5000)) {
        try {
          const response = await call();
          if (!busy.includes(response.status) || left === 0) return response;
          await response.body?.cancel();
        } catch (e) {
          if (init.signal?.aborted || left === 0) throw e;
        }
        await new Promise(resolve => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
      }
    };

    const response = await tried();
    if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) return response;
    let reader = response.body.getReader();
    let [text, decoder, encoder] = ['', new TextDecoder(), new TextEncoder()];
    const read = async () => {
      try {
        return await reader.read();
      } catch (e) {
        if (init.signal?.aborted) throw e;
        [text, decoder] = ['', new TextDecoder()];
        const again = await tried(503);
        if (!again.ok) throw new Error(`The rest of the stream: ${again.status} ${await again.text()}`);
        reader = again.body.getReader();
        return read();
      }
    };
    const body = new ReadableStream({
      async pull(controller) {
        for (;;) {
          const { done, value } = await read();
          text += decoder.decode(value, { stream: !done });
          const end = done ? text.length : text.lastIndexOf('\n\n') + 2;
          if (done || end > 1) {
            const whole = text.slice(0, end);
            text = text.slice(end);
            last = [...whole.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? last;
            controller.enqueue(encoder.encode(whole));
            if (done) controller.close();
            return;
          }
        }
      },
      cancel: () => reader.cancel(),
    });
    return new Response(body, response);
  };
}
