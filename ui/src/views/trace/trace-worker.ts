import { done, memory, type Work } from '../../model/trace-work';

interface Scope {
  onmessage: (event: MessageEvent<Work>) => void;
  postMessage(message: unknown, transfer: Transferable[]): void;
}
const scope = self as unknown as Scope;

scope.onmessage = ({ data }) => {
  try {
    const made = done(data);
    scope.postMessage({ made }, memory(made));
  } catch (error) {
    scope.postMessage({ failed: error instanceof Error ? error.message : String(error) }, []);
  }
};
