/** Deploys as charts over time mark them. */
import type { Deploy } from '../api/topology';
import { visible } from './attributes';

export const deployMark = (deploy: Deploy): { time: number; label: string } => ({
  time: deploy.time_unix_nano,
  label: `${visible(deploy.version)}${deploy.note ? `: ${visible(deploy.note)}` : ''}`,
});
