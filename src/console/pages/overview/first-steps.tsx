import { Link } from '@tanstack/react-router';
import { Bot, FileCode2, Terminal } from 'lucide-react';
import { Panel } from '../../parts/panel.tsx';

/** On a broker that has hardly been used: what to do first. */
export function FirstSteps() {
  return (
    <Panel title="First steps">
      <ol className="grid gap-5 text-sm sm:grid-cols-3">
        <li className="flex gap-3">
          <FileCode2 aria-hidden className="mt-0.5 size-5 shrink-0 text-accent-ink" />
          <p>
            <strong className="block font-semibold">Say what may be had</strong>
            Resources, scopes and rules are files below <code>policies/</code>. What no rule permits
            is denied.
          </p>
        </li>
        <li className="flex gap-3">
          <Bot aria-hidden className="mt-0.5 size-5 shrink-0 text-accent-ink" />
          <p>
            <strong className="block font-semibold">Register an agent</strong>
            With its public key, under{' '}
            <Link to="/agents" className="text-accent-ink underline underline-offset-2">
              Agents
            </Link>
            . It proves who it is with the private one, which never leaves it.
          </p>
        </li>
        <li className="flex gap-3">
          <Terminal aria-hidden className="mt-0.5 size-5 shrink-0 text-accent-ink" />
          <p>
            <strong className="block font-semibold">Let it ask</strong>
            <code>npm run demo</code> shows the whole story on real parts; what happens appears
            here.
          </p>
        </li>
      </ol>
    </Panel>
  );
}
