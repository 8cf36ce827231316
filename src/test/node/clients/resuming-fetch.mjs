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
    const tried = async what => {
      for (let left = attempts; ; left--) {
        try {
          return await what();
        } catch (e) {
          if (init.signal?.aborted || left === 0) throw e;
          await new Promise(resolve => setTimeout(resolve, 500 * Math.random()));
        }
      }
    };

    const response = await tried(call);
    if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) return response;
    let reader = response.body.getReader();
    let [text, decoder, encoder] = ['', new TextDecoder(), new TextEncoder()];
    const read = async () => {
      try {
        return await reader.read();
      } catch (e) {
        if (init.signal?.aborted) throw e;
        [text, decoder] = ['', new TextDecoder()];
        reader = (await tried(call)).body.getReader();
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
