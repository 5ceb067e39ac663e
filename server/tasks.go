package server

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"api-resize/batch"
)

const (
	tasksRoute = "/tasks"
	taskRoute  = tasksRoute + "/:id"
)

// Tasks are the pictures that are made in the background.
type Tasks interface {
	// MaxItems bounds the items of one task.
	MaxItems() int
	// Add takes a task on, safely.
	Add(ctx context.Context, order batch.Order) (batch.Task, error)
	Get(ctx context.Context, id string) (batch.Task, error)
	List(ctx context.Context, wanted batch.Query) ([]batch.Task, error)
	Items(ctx context.Context, id string, wanted batch.ItemQuery) ([]batch.Result, error)
	// Cancel ends a task that has not finished.
	Cancel(ctx context.Context, id string) (batch.Task, error)
}

// Task is a task as it is told to clients.
type Task struct {
	ID       string          `json:"id"`
	State    batch.State     `json:"state"`
	Created  time.Time       `json:"created"`
	Started  *time.Time      `json:"started"`
	Finished *time.Time      `json:"finished"`
	Expires  *time.Time      `json:"expires"`  // when it is forgotten; null before it has finished
	Progress float64         `json:"progress"` // 0…1
	Counts   TaskCounts      `json:"counts"`
	Options  json.RawMessage `json:"options"`
	URL      string          `json:"url"`
}

// TaskCounts are a task's items by state.
type TaskCounts struct {
	Total     int `json:"total"`
	Queued    int `json:"queued"`
	Running   int `json:"running"`
	Done      int `json:"done"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
}

// TaskItem is one picture of a task.
type TaskItem struct {
	Index    int         `json:"index"` // sources × sizes, in the order of the request
	Source   string      `json:"source"`
	Size     string      `json:"size"`
	State    batch.State `json:"state"`
	Attempts int         `json:"attempts"`
	URL      string      `json:"url,omitempty"` // when it is done, and what follows
	Format   string      `json:"format,omitempty"`
	Width    int         `json:"width,omitempty"` // pixels
	Height   int         `json:"height,omitempty"`
	Bytes    int64       `json:"bytes,omitempty"`
	Error    *ItemError  `json:"error,omitempty"` // when it has failed
}

// ItemError is why a picture was not made: what asking for it would have been
// answered with.
type ItemError struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// TaskPage is a task with some of its items.
type TaskPage struct {
	Task
	Items      []TaskItem `json:"items"`
	NextCursor *string    `json:"next_cursor"` // null: there are no more
}

// TaskList is some of the tasks, newest first.
type TaskList struct {
	Tasks      []Task  `json:"tasks"`
	NextCursor *string `json:"next_cursor"`
}

func (s *Server) taskOf(task batch.Task) Task {
	return Task{
		ID: task.ID, State: task.State, Created: task.Created, Started: task.Started, Finished: task.Finished, Expires: task.Expires,
		Progress: task.Progress(), Counts: TaskCounts(task.Counts), Options: task.Options,
		URL: s.config.PublicURL + tasksRoute + "/" + task.ID,
	}
}

func itemOf(result batch.Result) TaskItem {
	item := TaskItem{Index: result.Index, Source: result.Source, Size: result.Size, State: result.State, Attempts: result.Attempts}
	if made := result.Made; made != nil {
		item.URL, item.Format, item.Width, item.Height, item.Bytes = made.URL, made.Format, made.Width, made.Height, made.Bytes
	}
	if failure := result.Failure; failure != nil {
		item.Error = &ItemError{Status: failure.Status, Code: failure.Code, Title: failure.Title, Detail: failure.Detail}
	}
	return item
}

// addTask answers POST /tasks: when it says 202, the task is on the disk.
func (s *Server) addTask(c *fiber.Ctx) error {
	order, err := s.orderIn(c)
	if err != nil {
		return err
	}
	ctx, end := s.context(c)
	defer end()
	task, err := s.parts.Tasks.Add(ctx, order)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, tasksRoute+"/"+task.ID)
	return noStore(c.Status(fiber.StatusAccepted)).JSON(s.taskOf(task))
}

// taskID is the id in the path.
func taskID(c *fiber.Ctx) (string, error) {
	id := strings.Clone(c.Params("id"))
	if !batch.ValidID(id) {
		return "", batch.ErrNotFound
	}
	return id, nil
}

// describeTask answers GET /tasks/{id}.
func (s *Server) describeTask(c *fiber.Ctx) error {
	id, err := taskID(c)
	if err != nil {
		return err
	}
	wanted, err := itemQueryIn(c)
	if err != nil {
		return err
	}
	ctx, end := s.context(c)
	defer end()
	task, err := s.parts.Tasks.Get(ctx, id)
	if err != nil {
		return err
	}
	limit := wanted.Limit
	wanted.Limit++ // one more tells whether there are more
	results, err := s.parts.Tasks.Items(ctx, id, wanted)
	if err != nil {
		return err
	}
	page := TaskPage{Task: s.taskOf(task), Items: []TaskItem{}}
	for _, result := range results[:min(limit, len(results))] {
		page.Items = append(page.Items, itemOf(result))
	}
	if len(results) > limit {
		page.NextCursor = nextPage(c, strconv.Itoa(results[limit].Index))
	}
	return noStore(c).JSON(page)
}

// listTasks answers GET /tasks.
func (s *Server) listTasks(c *fiber.Ctx) error {
	wanted, err := taskQueryIn(c)
	if err != nil {
		return err
	}
	ctx, end := s.context(c)
	defer end()
	limit := wanted.Limit
	wanted.Limit++
	tasks, err := s.parts.Tasks.List(ctx, wanted)
	if err != nil {
		return err
	}
	list := TaskList{Tasks: []Task{}}
	for _, task := range tasks[:min(limit, len(tasks))] {
		list.Tasks = append(list.Tasks, s.taskOf(task))
	}
	if len(tasks) > limit {
		list.NextCursor = nextPage(c, taskCursor(tasks[limit-1]))
	}
	return noStore(c).JSON(list)
}

// cancelTask answers DELETE /tasks/{id}.
func (s *Server) cancelTask(c *fiber.Ctx) error {
	id, err := taskID(c)
	if err != nil {
		return err
	}
	ctx, end := s.context(c)
	defer end()
	task, err := s.parts.Tasks.Cancel(ctx, id)
	if err != nil {
		return err
	}
	return noStore(c).JSON(s.taskOf(task))
}
