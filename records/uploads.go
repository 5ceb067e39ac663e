package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"api-resize/origin"
)

// Uploads is what is known of uploads.
type Uploads struct{ database *Database }

var _ origin.Records = (*Uploads)(nil)

// Uploads remembers uploads in this database.
func (d *Database) Uploads() *Uploads { return &Uploads{d} }

// uploadColumns are all, in the order of values and scan.
var uploadColumns = []string{
	"id", "sha256", "format", "width", "height", "frames", "pages", "bytes", "has_alpha", "content_type",
	"name", "created", "expires", "dominant_color", "thumbhash", "profile", "exif",
}

var (
	selectUploads = "SELECT " + strings.Join(uploadColumns, ", ") + " FROM uploads "
	putUpload     = putStatement()
)

// putStatement inserts all columns, or replaces all but the id.
func putStatement() string {
	places, replaced := make([]string, len(uploadColumns)), make([]string, 0, len(uploadColumns))
	for i, column := range uploadColumns {
		places[i] = fmt.Sprintf("$%d", i+1)
		if column != "id" {
			replaced = append(replaced, column+" = excluded."+column)
		}
	}
	return "INSERT INTO uploads (" + strings.Join(uploadColumns, ", ") + ") VALUES (" + strings.Join(places, ", ") +
		") ON CONFLICT (id) DO UPDATE SET " + strings.Join(replaced, ", ")
}

// values are those of the columns.
func values(r origin.Record) ([]any, error) {
	var expires sql.NullInt64
	if r.Expires != nil {
		expires = sql.NullInt64{Int64: r.Expires.UnixMicro(), Valid: true}
	}
	var exif sql.NullString
	if len(r.EXIF) > 0 {
		text, err := json.Marshal(r.EXIF)
		if err != nil {
			return nil, err
		}
		exif = sql.NullString{String: string(text), Valid: true}
	}
	return []any{
		r.ID, r.SHA256, r.Format, r.Width, r.Height, r.Frames, r.Pages, r.Bytes, r.HasAlpha, r.ContentType,
		storable(r.Name), r.Created.UnixMicro(), expires, r.DominantColor, r.Thumbhash, storable(r.Profile), exif,
	}, nil
}

// storable is a text that both databases take: PostgreSQL's are UTF-8 and have
// no NUL.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "")
}

// scan reads one row.
func scan(row interface{ Scan(...any) error }) (r origin.Record, err error) {
	var created int64
	var expires sql.NullInt64
	var exif sql.NullString
	err = row.Scan(&r.ID, &r.SHA256, &r.Format, &r.Width, &r.Height, &r.Frames, &r.Pages, &r.Bytes, &r.HasAlpha, &r.ContentType,
		&r.Name, &created, &expires, &r.DominantColor, &r.Thumbhash, &r.Profile, &exif)
	if err != nil {
		return origin.Record{}, err
	}
	r.Created = time.UnixMicro(created).UTC()
	if expires.Valid {
		end := time.UnixMicro(expires.Int64).UTC()
		r.Expires = &end
	}
	if exif.Valid {
		err = json.Unmarshal([]byte(exif.String), &r.EXIF)
	}
	return r, err
}

// failed is what callers of Records get for an error of the database.
func failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %s: %w", origin.ErrStorage, doing, inOneLine(err))
}

// Get is the record of an id, expired or not; origin.ErrNotFound when there is
// none.
func (u *Uploads) Get(ctx context.Context, id string) (origin.Record, error) {
	r, err := scan(u.database.reading.QueryRowContext(ctx, selectUploads+"WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		return origin.Record{}, fmt.Errorf("%w: upload %s", origin.ErrNotFound, id)
	}
	return r, failed("reading the record of an upload", err)
}

// Put inserts or replaces.
func (u *Uploads) Put(ctx context.Context, record origin.Record) error {
	all, err := values(record)
	if err == nil {
		_, err = u.database.writing.ExecContext(ctx, putUpload, all...)
	}
	return failed("storing the record of an upload", err)
}

// Delete is no error when there is none.
func (u *Uploads) Delete(ctx context.Context, id string) error {
	_, err := u.database.writing.ExecContext(ctx, "DELETE FROM uploads WHERE id = $1", id)
	return failed("removing the record of an upload", err)
}

// List gives those that have not expired, the newest first.
func (u *Uploads) List(ctx context.Context, after origin.Position, limit int) ([]origin.Record, error) {
	where, arguments := "(expires IS NULL OR expires > $1)", []any{time.Now().UnixMicro(), limit}
	if !after.IsBeginning() {
		where += " AND (created, id) < ($3, $4)"
		arguments = append(arguments, after.Created.UnixMicro(), after.ID)
	}
	return collect(ctx, u.database.reading, "listing uploads", scan,
		selectUploads+"WHERE "+where+" ORDER BY created DESC, id DESC LIMIT $2", arguments...)
}

// Expired lists ids whose end has come by now, the longest expired first.
func (u *Uploads) Expired(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return collect(ctx, u.database.reading, "looking for expired uploads", scanID,
		"SELECT id FROM uploads WHERE expires <= $1 ORDER BY expires, id LIMIT $2", now.UnixMicro(), limit)
}

// IDs lists the ids that begin with a prefix and come behind another one.
func (u *Uploads) IDs(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	const last = "~" // greater than what ids consist of
	return collect(ctx, u.database.reading, "listing ids of uploads", scanID,
		"SELECT id FROM uploads WHERE id >= $1 AND id < $2 AND id > $3 ORDER BY id LIMIT $4", prefix, prefix+last, after, limit)
}

// Totals counts all.
func (u *Uploads) Totals(ctx context.Context) (origin.Totals, error) {
	var t origin.Totals
	// The sum of PostgreSQL is wider than its summands.
	err := u.database.reading.QueryRowContext(ctx, "SELECT count(*), CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM uploads").Scan(&t.Count, &t.Bytes)
	return t, failed("counting uploads", err)
}

// Healthy is nil when a change would be taken.
func (u *Uploads) Healthy(ctx context.Context) error {
	return failed("asking", u.database.Healthy(ctx))
}

func scanID(row interface{ Scan(...any) error }) (id string, err error) {
	err = row.Scan(&id)
	return id, err
}

// collect reads all rows of an answer.
func collect[T any](ctx context.Context, from *sql.DB, doing string, scan func(interface{ Scan(...any) error }) (T, error), query string, arguments ...any) ([]T, error) {
	rows, err := from.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, failed(doing, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, failed(doing, err)
		}
		all = append(all, one)
	}
	return all, failed(doing, rows.Err())
}
