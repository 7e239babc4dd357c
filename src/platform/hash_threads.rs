//! Threads that do nothing but hash passwords.
//!
//! A hash takes some 20 ms and 19 MiB on purpose. Run among the request threads it would stall them all; run by
//! `spawn_blocking` each would take fresh memory that the allocator never gives back. So: as many threads as cores,
//! each with one block of memory that it keeps, at a lower priority than the threads that answer requests, behind a
//! queue with an end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use argon2::Block;
use tokio::sync::oneshot;

use crate::error::Error;

/// How much less urgent hashing is than answering (`nice(2)`). Ten doubles what `me` answers in a storm of sign-ins.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// A bounded queue of hashes and the threads that work it off. Dropping it ends the threads.
pub struct HashThreads {
    queue: SyncSender<Job>,
}

impl HashThreads {
    /// Starts `threads` threads (0: as many as cores) behind a queue of `waiting` places.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system starts no thread.
    pub fn start(threads: usize, waiting: usize) -> Result<Self, Error> {
        let cores = || thread::available_parallelism().map_or(1, Into::into);
        let threads = if threads == 0 { cores() } else { threads };
        let (queue, jobs) = sync_channel::<Job>(waiting);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..threads {
            let jobs = Arc::clone(&jobs);
            let thread = thread::Builder::new().name(format!("hash-{number}"));
            thread.spawn(move || work(&jobs)).map_err(Error::internal)?;
        }
        Ok(Self { queue })
    }

    /// Runs `job` on one of the threads, with that thread's memory, which may have to grow first.
    ///
    /// A caller who is gone before the job's turn has it skipped.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the queue is full; [`Error::Internal`] when the job panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (caller, answer) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            if !caller.is_closed() {
                let _ = caller.send(job(memory));
            }
        });
        self.queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => Error::Overloaded { retry_after: Duration::from_secs(2) },
            TrySendError::Disconnected(_) => Error::internal("the hash threads have ended"),
        })?;
        answer.await.map_err(|_| Error::internal("a hash was given up"))
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICENESS); // of this thread alone, on Linux; elsewhere it would slow the whole process
    let mut memory = Vec::new();
    loop {
        // The lock is held while waiting: the others wait for the lock instead, which comes to the same.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
            memory = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_instead_of_growing() {
        let threads = Arc::new(HashThreads::start(1, 1).expect("starts"));
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (begun, begins) = oneshot::channel();
        let busy = Arc::clone(&threads);
        let running = tokio::spawn(async move {
            busy.run(move |_| {
                let _ = begun.send(());
                let _ = held.recv();
            })
            .await
        });
        begins.await.expect("the first job has left the queue");
        let (waited, refused) = tokio::join!(threads.run(|_| ()), async {
            let refused = threads.run(|_| ()).await;
            let _ = release.send(());
            refused
        });
        waited.expect("the second waits for its turn");
        running.await.expect("no panic").expect("the first runs");
        assert!(matches!(refused, Err(Error::Overloaded { .. })), "{refused:?}");
    }

    #[tokio::test]
    async fn a_job_that_panics_ends_no_thread() {
        let threads = HashThreads::start(1, 4).expect("starts");
        let panicked = threads.run(|_| panic!("on purpose")).await;
        assert!(matches!(panicked, Err::<(), _>(Error::Internal(_))));
        assert_eq!(threads.run(|_| 7).await.expect("the thread lives"), 7);
    }
}
