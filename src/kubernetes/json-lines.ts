/** Splits a stream of newline-delimited JSON into parsed values. A cut-off last line is dropped. */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator {
  const decoder = new TextDecoder(); // characters may be cut between chunks
  let pieces: string[] = [];
  for await (const chunk of chunks) {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      const text = pieces.join("") + line;
      pieces = [];
      if (text.trim() !== "") yield JSON.parse(text);
    }
    if (rest !== "") pieces.push(rest);
  }
}
