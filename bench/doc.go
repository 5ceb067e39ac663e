// Command bench measures what an image proxy costs: processor time per
// request, latencies, how often its cache helps, and what it does with more
// work than it can do.
//
//	go run ./bench [flags] [scenario …]
//
//	hit       answers that are there already: from memory, by 304, from disk
//	cold      pictures that have to be made, in turns with a plain loop over
//	          libvips (bench/vipsloop) that makes the same ones
//	mixed     many connections, few popular pictures and many rare ones
//	overload  several times more pictures a second than can be made
//	tasks     visitors, with and without a task of 10,000 pictures in the background
//
// Without a scenario all are run. The program measured is built and started by
// bench itself in a folder that is removed afterwards. With -url it is any
// other server that runs already: its own URL with {id}, {width}, {height} and
// {format} in it, its process with -pid, and its originals with -source.
//
// Processor time is that of the server's process alone, all its threads, user
// and system together, by the kernel's clock of that process. It depends on
// what else the machine does much less than times on the wall; still only
// figures of one run compare. It needs Linux.
//
// bench knows nothing of the program but its URLs, its configuration and its
// log, and imports none of it: it needs no libvips to be built or tested.
package main
