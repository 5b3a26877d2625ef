import { yaml } from '@codemirror/lang-yaml';
import {
  HighlightStyle,
  LanguageSupport,
  StreamLanguage,
  type StringStream,
} from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const KEYWORDS =
  /^(?:permit|forbid|when|unless|principal|action|resource|context|in|is|has|like|if|then|else|true|false)\b/;

/** Cedar, as far as colours need it: its grammar is the broker's to judge. */
function cedarToken(stream: StringStream): string | null {
  if (stream.eatSpace()) return null;
  if (stream.match('//')) {
    stream.skipToEnd();
    return 'comment';
  }
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return 'string';
  if (stream.match(/^@[a-z]\w*/i)) return 'meta';
  if (stream.match(KEYWORDS)) return 'keyword';
  if (stream.match(/^\d+/)) return 'number';
  if (stream.match(/^[A-Za-z_]\w*(?=::)/)) return 'typeName';
  if (stream.match(/^[A-Za-z_]\w*/)) return 'variableName';
  stream.next();
  return null;
}

const CEDAR = StreamLanguage.define({
  token: cedarToken,
  languageData: { commentTokens: { line: '//' } },
});

/** The language of a file by its name. */
export function languageOf(path: string): Extension {
  return path.endsWith('.cedar') ? new LanguageSupport(CEDAR) : yaml();
}

/** Colours of the console, which know light and dark. */
export const COLOURS = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--color-ink-faint)', fontStyle: 'italic' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--color-good-ink)' },
  { tag: tags.keyword, color: 'var(--color-accent-ink)', fontWeight: '500' },
  { tag: [tags.meta, tags.number, tags.bool], color: 'var(--color-warn-ink)' },
  {
    tag: [tags.typeName, tags.propertyName, tags.definition(tags.propertyName)],
    color: 'var(--color-accent-ink)',
  },
]);

export const THEME = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: '2px solid var(--color-accent-ink)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.65' },
  '.cm-content': { caretColor: 'var(--color-ink)', padding: '10px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--color-ink)' },
  '.cm-gutters': {
    backgroundColor: 'transparent',
    color: 'var(--color-ink-faint)',
    border: 'none',
    paddingLeft: '4px',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--color-hover)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground':
    { backgroundColor: 'var(--color-accent-soft)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--color-raised)',
    color: 'var(--color-ink)',
    border: '1px solid var(--color-line)',
    borderRadius: '8px',
  },
  '.cm-diagnostic': { padding: '6px 10px', whiteSpace: 'normal', maxWidth: '32rem' },
  // The editor's own marks are pictures in data URLs, which the page's policy refuses.
  '.cm-lint-marker': {
    content: 'normal',
    width: '8px',
    height: '8px',
    margin: '7px 3px',
    borderRadius: '50%',
  },
  '.cm-lint-marker-error': { content: 'normal', backgroundColor: 'var(--color-danger-ink)' },
  '.cm-lint-marker-warning': { content: 'normal', backgroundColor: 'var(--color-warn-ink)' },
  '.cm-lintRange-error, .cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--color-danger-ink)',
    textUnderlineOffset: '3px',
  },
  '.cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecorationColor: 'var(--color-warn-ink)',
  },
  '.cm-panels': { backgroundColor: 'var(--color-sunken)', color: 'var(--color-ink)' },
  '.cm-panels-top, .cm-panels-bottom': { borderColor: 'var(--color-line)' },
  '.cm-changedLine': { backgroundColor: 'var(--color-good-soft) !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--color-danger-soft) !important' },
});
