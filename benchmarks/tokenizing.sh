#!/usr/bin/env bash
# Tokenizers by turns, one thread: Lab, Microsoft.ML.Tokenizers, and from npm tiktoken (WASM) and Hugging Face's
# tokenizers (native) encode 10 MB with the same vocabularies; Lab and Hugging Face train on 1 MB; Lab's growth to 100 MB.
# Needs node and npm, and in LAB_DATA the folder text of the development data.
# Usage: benchmarks/tokenizing.sh [rounds]
set -euo pipefail
cd "$(dirname "$0")"
rounds=${1:-5}
dotnet build -c Release -v q --nologo
lab="dotnet $PWD/bin/Release/net10.0/Benchmarks.dll tokenizing" npm="node $PWD/tokenizing.mjs"
export RAYON_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"
npm init -y > /dev/null
npm install --silent tiktoken@1.0.22 @anush008/tokenizers@0.6.0
$npm ranks "$work"
$lab prepare "$LAB_DATA/text" "$work" 2> /dev/null

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
column() { cut -d' ' -f"$2" "$1" | median; }
ratio() { awk "BEGIN { printf \"%.2f\", $1 / $2 }"; }

# table NAME WHO... : medians of the files NAME-WHO, and ratios to the first
table() {
  local name=$1 base=$2; shift
  for who in "$@"; do
    printf '%-34s %10s s %10s x %14s x\n' "$name, $who" "$(column "$name-$who" 1)" \
      "$(ratio "$(column "$name-$who" 1)" "$(column "$name-$base" 1)")" "$(ratio "$(column "$name-$who" 2)" "$(column "$name-$base" 2)")"
    [ "$who" = "$base" ] || [ -z "${RATIOS:-}" ] || printf 'tokenizer\t%s, one thread\t%s\tcpu\t%s\n' "$name" "$who" "$(ratio "$(column "$name-$base" 1)" "$(column "$name-$who" 1)")" >> "$RATIOS"
  done
}

echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), medians of $rounds rounds by turns; ratios of wall time and of processor time to Lab's"
for vocabulary in gpt2-style cl100k_base; do
  for _ in $(seq "$rounds"); do
    for who in lab microsoft; do $lab encode $who $vocabulary "$work" >> "encode $vocabulary-$who" 2>> "tokens $vocabulary"; echo >> "tokens $vocabulary"; done
    for who in tiktoken huggingface; do $npm encode $who $vocabulary "$work" >> "encode $vocabulary-$who" 2>> "tokens $vocabulary"; done
  done
  table "encode $vocabulary" lab microsoft tiktoken huggingface
  [ "$(grep . "tokens $vocabulary" | sort -u | wc -l)" = 1 ] && echo "all: $(grep . -m1 "tokens $vocabulary")" || { echo "the tokens differ:"; sort -u "tokens $vocabulary"; }
done
for style in gpt2 cl100k; do
  for _ in $(seq "$rounds"); do for who in scanner regex; do $lab pieces $who $style "$work" >> "pieces $style-$who" 2> /dev/null; done; done
  table "pieces $style" scanner regex
done
for _ in $(seq "$rounds"); do
  $lab train 30000 1 "$work" >> train-lab 2> train-lab.size
  $npm train "$work" 2> train-huggingface.size | grep -E "^[0-9]" >> train-huggingface
done
echo "train on 1 MB, at most 30,000 tokens (Hugging Face's binding has no other size): Lab $(cat train-lab.size), Hugging Face $(cat train-huggingface.size)"
table train lab huggingface
echo "growth: seconds, of the processor, and without the system's share"
for megabytes in 1 10 100; do
  echo "Lab, $megabytes MB: encode $($lab growth cl100k_base $megabytes "$work" 2> /dev/null | tr '\n' ' '), train to 4,096 tokens $($lab train 4096 $megabytes "$work" 2> /dev/null)"
done
