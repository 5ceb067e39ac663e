package server

import (
	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"api-resize/batch"
)

// exampleTask is of no task: whoever tries an example puts an id of their own
// there.
const exampleTask = "0198c0de-7a5c-7000-8000-000000000000"

// taskStates are the states of tasks and of their items.
var taskStates = stateNames(batch.States())

func stateNames(states []batch.State) []string {
	names := make([]string, len(states))
	for i, state := range states {
		names[i] = string(state)
	}
	return names
}

func taskIDParameter() *huma.Param {
	return inPath("id", "The id that the task got.", text(), exampleTask)
}

func cursor() *huma.Param {
	return inQuery("cursor", "`next_cursor` of the page before.", text(), nil)
}

func describeTaskAdd(d *document) huma.Operation {
	example := map[string]any{
		"sources": []string{exampleID}, "sizes": []string{"320x", "300x200"}, "options": map[string]any{"f": "jpeg", "q": 80, "grayscale": true},
	}
	return huma.Operation{
		OperationID: "addTask", Tags: []string{tagTasks}, Summary: "Make pictures in the background",
		Description: `Every source in every size. All of it is checked at once; what is wrong is named: ` + "`sources[3]`, `sizes[0]`, `options.q`" + `.
The task is durable when it is answered. Each picture is made at most three times, and left in the cache.`,
		Parameters: []*huma.Param{inHeader("Idempotency-Key", "1…255 printable characters. Sent again with the same body, the first answer comes again; with another body it is 422.", "monday-1")},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			fiber.MIMEApplicationJSON: {Schema: d.schema(TaskRequest{}), Example: example},
		}},
		Responses: d.answers(map[string]*huma.Response{"202": d.json("The task.", Task{}, "Location")},
			"bad_option", "source_not_allowed", "too_large_bytes", "too_many_items", "idempotency_mismatch", "overloaded"),
	}
}

func describeTaskList(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "listTasks", Tags: []string{tagTasks}, Summary: "All tasks, the newest first",
		Parameters: []*huma.Param{
			inQuery("state", "Only those in this state; outstanding is queued or running.", oneOf(append([]string{"outstanding"}, taskStates...)...), "outstanding"),
			inQuery("limit", "How many; 100 where nothing is said.", wholeNumber(1, 1000), 10),
			cursor(),
		},
		Responses: d.answers(map[string]*huma.Response{"200": d.json("Without their items.", TaskList{})}, "bad_option", "overloaded"),
	}
}

func describeTaskGet(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "getTask", Tags: []string{tagTasks}, Summary: "One task with its items",
		Parameters: []*huma.Param{
			taskIDParameter(),
			inQuery("items", "Only items in this state.", oneOf(taskStates...), "failed"),
			inQuery("limit", "How many items; 1000 where nothing is said.", wholeNumber(1, 10_000), 100),
			cursor(),
		},
		Responses: d.answers(map[string]*huma.Response{"200": d.json("The task.", TaskPage{})}, "bad_option", "not_found", "overloaded"),
	}
}

func describeTaskCancel(d *document) huma.Operation {
	return huma.Operation{
		OperationID: "cancelTask", Tags: []string{tagTasks}, Summary: "Cancel a task",
		Description: "What is made stays. A finished task stays as it is.",
		Parameters:  []*huma.Param{taskIDParameter()},
		Responses:   d.answers(map[string]*huma.Response{"200": d.json("The task.", Task{})}, "not_found", "overloaded"),
	}
}

var taskProperties = join(map[string]string{
	"TaskRequest.sources": "As they stand in URLs.",
	"TaskRequest.sizes":   "As they stand in URLs.",
	"TaskRequest.options": "Of all its pictures, by their names or short names, as strings, numbers or booleans.",

	"TaskPage.items":       "Some of its pictures.",
	"TaskPage.next_cursor": "Where the next page of items begins; null: there is none.",

	"TaskCounts.total":     "All.",
	"TaskCounts.queued":    "Waiting, also for another attempt.",
	"TaskCounts.running":   "Being made.",
	"TaskCounts.done":      "Made.",
	"TaskCounts.failed":    "Given up.",
	"TaskCounts.cancelled": "Not to be made.",

	"TaskItem.index":    "Its place among all.",
	"TaskItem.source":   "As it stands in URLs.",
	"TaskItem.size":     "As it stands in URLs.",
	"TaskItem.state":    "Of this picture.",
	"TaskItem.attempts": "How many times it was tried.",
	"TaskItem.url":      "Where the picture is.",
	"TaskItem.format":   "Of the picture.",
	"TaskItem.width":    "Pixels.",
	"TaskItem.height":   "Pixels.",
	"TaskItem.bytes":    "Of its file.",
	"TaskItem.error":    "Why it was given up, or is tried again.",

	"ItemError.status": "What the picture's URL would be answered with.",
	"ItemError.code":   "What programs may rely on.",
	"ItemError.title":  "What went wrong, in few words.",
	"ItemError.detail": "In more.",

	"TaskList.tasks":       "The newest first.",
	"TaskList.next_cursor": "Where the next page begins; null: there is none.",
}, taskItself("Task"), taskItself("TaskPage"))

// taskItself are the properties that a task has with and without its items.
func taskItself(schema string) map[string]string {
	return map[string]string{
		schema + ".id":       "Its id.",
		schema + ".state":    "done: at least one picture was made; failed: none was.",
		schema + ".created":  "When it came.",
		schema + ".started":  "When the first picture was begun.",
		schema + ".finished": "When the last one was done with.",
		schema + ".expires":  "When it is forgotten; null before it has finished.",
		schema + ".progress": "0…1.",
		schema + ".counts":   "Of its pictures, by state.",
		schema + ".options":  "Of all its pictures.",
		schema + ".url":      "Where it is.",
	}
}
