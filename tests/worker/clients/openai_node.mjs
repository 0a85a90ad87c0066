/** Reads streams, answers and errors with openai-node, and prints what it saw as JSON. */
import OpenAI from "openai";

const [, , baseURL, apiKey] = process.argv;
const client = new OpenAI({ baseURL, apiKey });

const ask = (content, stream) => ({
  model: "gemini-3-image-1k",
  messages: [{ role: "user", content }],
  stream,
});

async function fromCreate() {
  let text = "";
  for await (const chunk of await client.chat.completions.create(ask("sandbox:slow=1", true))) {
    text += chunk.choices[0].delta.content;
  }
  return text;
}

async function fromStream() {
  const completion = await client.chat.completions.stream(ask("a cat")).finalChatCompletion();
  return completion.choices[0].message.content;
}

async function fromPlain() {
  const completion = await client.chat.completions.create(ask("sandbox:slow=2", false));
  return completion.choices[0].message.content;
}

async function errorOf(prompt, stream) {
  try {
    const answer = await client.chat.completions.create(ask(prompt, stream));
    if (stream) for await (const _ of answer);
    return null;
  } catch (error) {
    return [error.constructor.name, error.status ?? null, error.code];
  }
}

console.log(
  JSON.stringify({
    contents: [await fromCreate(), await fromStream(), await fromPlain()],
    errors: [
      await errorOf("sandbox:expired", false),
      await errorOf("sandbox:refused", true),
      await errorOf("sandbox:slow=9", true),
    ],
    models: (await client.models.list()).data.length,
  }),
);
