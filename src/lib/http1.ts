import { getGlobalDispatcher, type Dispatcher } from "undici";

/**
 * The same connections without HTTP/2. In undici (8.12), what goes wrong while an HTTP/2 session is taken down has
 * nobody to tell and ends the process: https://github.com/nodejs/undici/issues/5525. One stalled connection would also
 * stall every watch on it.
 */
export function withoutHttp2(dispatcher: Dispatcher = getGlobalDispatcher()): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => {
    const asked = { ...options, allowH2: false };
    return dispatch(asked, handler);
  });
}
