import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import App from './App.svelte';
import { PAGES } from './pages';
import { learnColours, PATIENCE_MS } from './route/colours';
import { knowsColours } from './route/preferences.svelte';
import { router } from './route/router.svelte';
import { session } from './widgets/session.svelte';

// The first page's code is on its way while the collector is asked; whether it comes is said where it is shown.
const page = PAGES[router.route.name]().catch(() => undefined);
await session.look(PATIENCE_MS);
if (!session.wanted) {
  // What was drawn before is drawn at once, and again where the collector says otherwise.
  if (knowsColours()) void learnColours();
  else await learnColours(AbortSignal.timeout(PATIENCE_MS));
  await page;
}
mount(App, { target: document.getElementById('app')! });
