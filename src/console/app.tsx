import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { Gates } from './gates/gates.tsx';
import { Toasts } from './parts/toast.tsx';
import { router } from './router.tsx';
import { queryClient } from './wire/query.ts';

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
      <Gates />
      <Toasts />
    </QueryClientProvider>
  );
}
