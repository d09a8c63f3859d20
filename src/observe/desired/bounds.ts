import { Lexer } from 'yaml';

/** Room for 10,000 list entries with a comment each. */
const MAX_LEXEMES = 100_000;
const MAX_FLOW_DEPTH = 16;
/** Closing brackets without opening ones: a hundred are no typing error. */
const MAX_UNBALANCED = 100;

interface SizeFault {
  readonly offset: number;
  readonly message: string;
}

/** Refuses text that takes seconds to parse (a megabyte of brackets: 20 s without /health). The lexer is lazy and linear, so this is cheap. */
export function sizeFault(text: string): SizeFault | null {
  let offset = 0;
  let count = 0;
  let depth = 0;
  for (const lexeme of new Lexer().lex(text)) {
    count += 1;
    if (lexeme === '[' || lexeme === '{') depth += 1;
    if (lexeme === ']' || lexeme === '}') depth -= 1;
    if (depth > MAX_FLOW_DEPTH) return { offset, message: 'nested too deeply' };
    if (depth < -MAX_UNBALANCED) return { offset, message: 'not valid YAML: closing brackets without opening ones' };
    if (count > MAX_LEXEMES)
      return { offset, message: 'more than the longest valid file holds (a list of 10000 keys)' };
    offset += isMark(lexeme) ? 0 : lexeme.length;
  }
  return null;
}

/** The lexer marks documents, scalars and errors by characters that are not in the text. */
function isMark(lexeme: string): boolean {
  return lexeme === '\u0002' || lexeme === '\u0018' || lexeme === '\u001f';
}
