// What a search finds, told plainly, for words that folding leaves alone: small letters, and pairs of characters of scripts without
// spaces. No word of a question may begin a longer one in what is searched.
import {resolve} from './contract.js';

// Every text by which a document is found, as the contract marks them; `namesOf` gives the names of the record with an id.
export function textsOf(declared, value, namesOf) {
  const schema = resolve(declared);
  if (value === null || value === undefined) return [];
  if (schema['x-reference']) return namesOf(value.id);
  if (Array.isArray(value)) return value.flatMap((item) => textsOf(schema.items, item, namesOf));
  if (typeof value !== 'object') return [String(value)];
  return Object.entries(schema.properties).filter(([, member]) => resolve(member)['x-search'])
    .flatMap(([name, member]) => textsOf(member, value[name], namesOf));
}

// Whether all words of the question are there, each in any text; what is in quotes in one text, one word behind the other.
export const isFound = (question, texts) => [...question.matchAll(/"([^"]+)"|(\S+)/g)].every(([, phrase, word]) => {
  const wanted = phrase ?? word;
  return /^[a-z ]+$/.test(wanted) ? texts.some((text) => ` ${text.toLowerCase()} `.includes(` ${wanted} `)) : texts.some((text) => text.includes(wanted));
});
