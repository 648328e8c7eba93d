import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import App from './App.svelte';
import { fetchServices } from './api/client';
import { knowsNoService, learnServices } from './route/preferences.svelte';

/** Long enough for a catalogue that is there, too short to be felt as waiting. */
const PATIENCE_MS = 800;

// The first visit learns all services at once, in the order of their names, so that everyone gives them the same colours.
if (knowsNoService()) {
  await fetchServices({}, AbortSignal.timeout(PATIENCE_MS))
    .then((list) => learnServices(list.services.map((service) => service.name)))
    .catch(() => undefined);
}
mount(App, { target: document.getElementById('app')! });
