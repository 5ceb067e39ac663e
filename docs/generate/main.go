// Command generate writes the reference of all options, docs/options.md, from
// the tables that the program itself reads, and makes the pictures in it.
//
//	go run ./docs/generate    in the folder of the project
//
// The pictures are golden tests as well: this package's tests fail when one
// comes out differently from how it is stored, and when the text is not what
// this program would write. So whoever changes on purpose how pictures look
// runs this, looks at what has changed, and commits it.
//
// The originals are drawn by this package, or are test pictures of govips that
// are in its module, so that they need not be in this repository.
package main

import (
	"fmt"
	"log/slog"
	"os"

	"api-resize/transform"
)

func main() {
	if err := run("docs"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run brings the reference in a folder up to date.
func run(folder string) error {
	engine, err := start()
	if err != nil {
		return err
	}
	defer engine.Close()
	studio, err := openStudio(engine)
	if err != nil {
		return err
	}
	if err := writePictures(studio, folder); err != nil {
		return err
	}
	return writePage(folder)
}

// start makes an engine with the defaults of the service, whose pictures the
// reference shows.
func start() (*transform.Engine, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return transform.Start(transform.DefaultConfig(), transform.DefaultLimits(), log)
}
