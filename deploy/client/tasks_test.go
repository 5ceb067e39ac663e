package client

import (
	"testing"
	"time"
)

// TestTask makes pictures in the background, and finds the upload in the list.
func TestTask(t *testing.T) {
	client := newClient(t, service.key)
	id := *upload(t, client, 50).Id
	options := map[string]any{"f": "jpeg", "q": 80}
	key := "once"
	added, err := client.AddTaskWithResponse(t.Context(), &AddTaskParams{IdempotencyKey: &key}, TaskRequest{Sources: []string{id}, Sizes: []string{"20x", "30x"}, Options: &options})
	must(t, err)
	if added.JSON202 == nil {
		t.Fatalf("%d %s", added.StatusCode(), added.Body)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		task, err := client.GetTaskWithResponse(t.Context(), added.JSON202.Id, nil)
		must(t, err)
		if task.JSON200 == nil || time.Now().After(deadline) {
			t.Fatalf("%d %s", task.StatusCode(), task.Body)
		}
		if string(task.JSON200.State) != "done" {
			continue
		}
		if task.JSON200.Progress != 1 || task.JSON200.Counts.Done != 2 || len(task.JSON200.Items) != 2 {
			t.Errorf("%s", task.Body)
		}
		break
	}
	list, err := client.ListTasksWithResponse(t.Context(), nil)
	must(t, err)
	if list.JSON200 == nil || list.JSON200.Tasks[0].Id != added.JSON202.Id {
		t.Errorf("%d %s", list.StatusCode(), list.Body)
	}
	cancelled, err := client.CancelTaskWithResponse(t.Context(), added.JSON202.Id)
	must(t, err)
	if cancelled.JSON200 == nil || string(cancelled.JSON200.State) != "done" {
		t.Errorf("%d %s", cancelled.StatusCode(), cancelled.Body)
	}
	uploads, err := client.ListImagesWithResponse(t.Context(), nil)
	must(t, err)
	if uploads.JSON200 == nil || *uploads.JSON200.Images[0].Id != id {
		t.Errorf("%d %s", uploads.StatusCode(), uploads.Body)
	}
}
