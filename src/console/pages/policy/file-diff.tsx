import { syntaxHighlighting } from '@codemirror/language';
import { unifiedMergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { pageNonce } from '../../wire/jitless.ts';
import { COLOURS, languageOf, THEME } from './code-language.ts';

/** Two texts of one file in one column: what goes in red, what comes in green, the rest folded. */
export function FileDiff({
  path,
  before,
  after,
}: {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return undefined;
    const state = EditorState.create({
      doc: after,
      extensions: [
        EditorView.cspNonce.of(pageNonce()),
        EditorState.readOnly.of(true),
        EditorView.contentAttributes.of({ 'aria-label': `What changed in ${path}`, tabindex: '0' }),
        lineNumbers(),
        EditorView.lineWrapping,
        languageOf(path),
        syntaxHighlighting(COLOURS),
        unifiedMergeView({
          original: before,
          mergeControls: false,
          gutter: true,
          collapseUnchanged: { margin: 3, minSize: 6 },
        }),
        THEME,
      ],
    });
    const view = new EditorView({ state, parent: place.current });
    return () => view.destroy();
  }, [path, before, after]);
  return <div ref={place} className="max-h-[60dvh] overflow-auto" />;
}
