import { history, historyKeymap, standardKeymap } from '@codemirror/commands';
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension, type Text } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { useEffect, useRef, useState } from 'react';
import { pageNonce } from '../../wire/jitless.ts';
import { COLOURS, languageOf, THEME } from './code-language.ts';

/** What is wrong at a line of the file that is shown; 1-based. */
export interface LineProblem {
  readonly line: number;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

interface CodeEditorProps {
  readonly path: string;
  readonly text: string;
  readonly problems: readonly LineProblem[];
  readonly readOnly: boolean;
  /** Line to begin at. */
  readonly line: number | undefined;
  readonly onChange: (text: string) => void;
}

/** One file of the bundle, with the problems of its lines. Tab leaves it: nobody is kept inside. Another file
 * is another editor: it is keyed by its path. */
export function CodeEditor(props: CodeEditorProps) {
  const { path, text, problems, readOnly, line, onChange } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const change = useRef(onChange);
  useEffect(() => {
    change.current = onChange;
  });
  // A file is opened with the text it has then; from there on the editor itself holds it.
  const [opening] = useState(text);
  useEffect(() => {
    if (!place.current) return undefined;
    const extensions = [
      ...extensionsOf(path, readOnly),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) change.current(update.state.doc.toString());
      }),
    ];
    const state = EditorState.create({ doc: opening, extensions });
    const made = new EditorView({ state, parent: place.current });
    view.current = made;
    return () => made.destroy();
  }, [path, readOnly, opening]);
  useEffect(() => {
    const shown = view.current;
    if (!shown) return;
    // Written by somebody else than this editor: a merge, a file put back.
    if (shown.state.doc.toString() !== text) {
      shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: text } });
    }
  }, [text]);
  useEffect(() => {
    const shown = view.current;
    if (!shown) return;
    shown.dispatch(setDiagnostics(shown.state, diagnosticsOf(shown.state.doc, problems)));
  }, [problems]);
  useEffect(() => {
    const shown = view.current;
    if (!shown || line === undefined) return;
    const at = shown.state.doc.line(Math.min(Math.max(1, line), shown.state.doc.lines));
    shown.dispatch({
      selection: { anchor: at.from },
      effects: EditorView.scrollIntoView(at.from, { y: 'center' }),
    });
    shown.focus();
  }, [line]);
  return <div ref={place} className="h-[55dvh] min-h-80 overflow-hidden lg:h-[64dvh]" />;
}

function extensionsOf(path: string, readOnly: boolean): Extension[] {
  return [
    EditorView.cspNonce.of(pageNonce()),
    EditorState.readOnly.of(readOnly),
    EditorView.contentAttributes.of({ 'aria-label': `Text of ${path}`, tabindex: '0' }),
    lineNumbers(),
    highlightActiveLineGutter(),
    highlightActiveLine(),
    drawSelection(),
    history(),
    indentOnInput(),
    bracketMatching(),
    highlightSelectionMatches(),
    lintGutter(),
    EditorView.lineWrapping,
    keymap.of([...standardKeymap, ...historyKeymap, ...searchKeymap]),
    languageOf(path),
    syntaxHighlighting(COLOURS),
    THEME,
  ];
}

function diagnosticsOf(text: Text, problems: readonly LineProblem[]): Diagnostic[] {
  return problems.map(({ line, message, severity }) => {
    const { from, to } = text.line(Math.min(Math.max(1, line), text.lines));
    return { from, to, message, severity };
  });
}
