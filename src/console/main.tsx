// Before anything that makes a schema.
// oxlint-disable-next-line import/no-unassigned-import
import './wire/jitless.ts';
// Before the router reads the address.
import { linkSecret } from './wire/link-secret.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { applyTheme } from './layout/theme.ts';
import { askForSession } from './wire/session.ts';

applyTheme();
if (linkSecret === undefined) askForSession();
const place = document.getElementById('console');
if (place) {
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
