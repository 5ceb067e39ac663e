// Package batch has many pictures made in the background: tasks, each of one or
// more items, each item one picture. How a picture is made is a [Maker]'s
// business; that it is, whatever happens meanwhile, is this package's.
//
// Its promise:
//
//   - a task is on the disk, whole, when [Queue.Add] returns;
//   - every item of an accepted task is made, fails, or is cancelled: it is tried
//     again when it fails and may get better, and goes on after the process has
//     ended in the middle of it, however it ended;
//   - it finishes once: its result and the end of its job are one transaction. It
//     may be made more than once, which for pictures makes no difference;
//   - what a cancelled task had left is not made any more.
//
// River does the queueing, in the database that records opens: one job for each
// item. With SQLite one process works at a time, and others that share the
// folder wait for it to end, taking tasks all the while. With PostgreSQL all
// work.
package batch
