// Encoding and training with tokenizers from npm: the peers of Tokenizing.cs. A result is a line of seconds: wall time and processor time.
// Usage: node tokenizing.mjs encode <tiktoken|huggingface> <vocabulary> <folder> | train <folder> | ranks <folder>
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const [mode, ...rest] = process.argv.slice(2);
const require = createRequire(path.join(process.cwd(), "package.json"));
const patterns = {
  cl100k_base: String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  "gpt2-style": String.raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
};

function documents(folder) {
  const bytes = fs.readFileSync(path.join(folder, "corpus.txt")), found = [];
  for (let start = 0, end; start < bytes.length; start = end) {
    end = bytes.length - start <= 1 << 16 ? bytes.length : bytes.lastIndexOf(10, start + (1 << 16) - 1) + 1;
    found.push(bytes.toString("utf8", start, end));
  }
  return found;
}

// The first run warms up; its result goes to the error stream.
async function time(work) {
  console.error(await work());
  const start = performance.now(), before = process.cpuUsage();
  await work();
  const wall = performance.now() - start, used = process.cpuUsage(before);
  console.log(`${(wall / 1e3).toFixed(4)} ${((used.user + used.system) / 1e6).toFixed(4)}`);
}

function encoder(who, vocabulary, folder) {
  if (who === "huggingface") {
    const { Tokenizer } = require("@anush008/tokenizers");
    const tokenizer = Tokenizer.fromFile(path.join(folder, `${vocabulary}.json`));
    return async text => (await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds();
  }
  const { Tiktoken } = require("tiktoken");
  const ranks = fs.readFileSync(path.join(folder, `${vocabulary}.tiktoken`), "latin1").trim().split("\n").map(line => line.split(" ")[0]);
  const tokenizer = new Tiktoken(`! 0 ${ranks.join(" ")}`, {}, patterns[vocabulary]);
  return text => tokenizer.encode_ordinary(text);
}

if (mode === "ranks") { // the vocabulary of cl100k_base as a tiktoken file, from the npm package that carries it
  const lines = require("tiktoken/encoders/cl100k_base.json").bpe_ranks.trim().split("\n");
  const text = lines.map(line => {
    const [, offset, ...tokens] = line.split(" ");
    return tokens.map((token, i) => `${token} ${Number(offset) + i}\n`).join("");
  }).join("");
  fs.writeFileSync(path.join(rest[0], "cl100k_base.tiktoken"), text);
} else if (mode === "encode") {
  const [who, vocabulary, folder] = rest;
  const texts = documents(folder), encode = encoder(who, vocabulary, folder);
  await time(async () => {
    let tokens = 0, sum = 0;
    for (const text of texts) {
      const ids = await encode(text);
      tokens += ids.length;
      for (const id of ids) sum = (sum * 31 + id) % 1_000_000_007;
    }
    return `${tokens} tokens, checksum ${sum}`;
  });
} else if (mode === "train") { // this binding trains to its own default of 30,000 tokens
  const { Tokenizer, BPE, byteLevelPreTokenizer } = require("@anush008/tokenizers");
  await time(() => {
    const tokenizer = new Tokenizer(BPE.empty());
    tokenizer.setPreTokenizer(byteLevelPreTokenizer(false, true));
    tokenizer.train([path.join(rest[0], "megabyte.txt")]);
    return `${tokenizer.getVocabSize(true)} tokens`;
  });
}
