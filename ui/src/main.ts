import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import App from './App.svelte';
import { learnAllServices, PATIENCE_MS } from './route/first-visit';
import { session } from './widgets/session.svelte';

await session.look(PATIENCE_MS);
if (!session.wanted) await learnAllServices();
mount(App, { target: document.getElementById('app')! });
