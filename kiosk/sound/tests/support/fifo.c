/*
 * A microphone at the end of a fifo, as an external plugin of ALSA's, for tests: it hears what is written into the fifo,
 * runs at the pace of the writer, and is unplugged when the last writer has closed it. While a file of the fifo's name and
 * ".busy" is there, another program has it.
 * Source: the ALSA library's reference, "External PCM plugin SDK".
 */
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct microphone {
	snd_pcm_ioplug_t io;
	int fd;
	/* Samples that were taken. */
	snd_pcm_uframes_t taken;
};

static int start(snd_pcm_ioplug_t *io)
{
	(void)io;
	return 0;
}

static int stop(snd_pcm_ioplug_t *io)
{
	(void)io;
	return 0;
}

static snd_pcm_sframes_t pointer(snd_pcm_ioplug_t *io)
{
	struct microphone *microphone = io->private_data;
	struct pollfd ready = { .fd = microphone->fd, .events = POLLIN };
	int bytes = 0;

	if (ioctl(microphone->fd, FIONREAD, &bytes) < 0)
		return -errno;
	if (bytes < 2 && poll(&ready, 1, 0) > 0 && (ready.revents & POLLHUP))
		snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
	snd_pcm_uframes_t heard = (snd_pcm_uframes_t)bytes / 2, room = io->buffer_size - 1;
	return (snd_pcm_sframes_t)((microphone->taken + (heard < room ? heard : room)) % io->buffer_size);
}

static snd_pcm_sframes_t transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
				  snd_pcm_uframes_t size)
{
	struct microphone *microphone = io->private_data;
	char *to = (char *)areas->addr + (areas->first + areas->step * offset) / 8;
	ssize_t bytes = read(microphone->fd, to, size * 2);

	if (bytes < 0)
		return -errno;
	microphone->taken += (snd_pcm_uframes_t)bytes / 2;
	return bytes / 2;
}

/* What poll(2) calls a hang-up, ALSA wants called an error. */
static int poll_revents(snd_pcm_ioplug_t *io, struct pollfd *ends, unsigned int count, unsigned short *revents)
{
	*revents = count ? (unsigned short)ends[0].revents : 0;
	if ((*revents & POLLHUP) && !(*revents & POLLIN)) {
		snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
		*revents = POLLERR;
	}
	return 0;
}

static int close_device(snd_pcm_ioplug_t *io)
{
	struct microphone *microphone = io->private_data;

	close(microphone->fd);
	free(microphone);
	return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
	.start = start,
	.stop = stop,
	.pointer = pointer,
	.transfer = transfer,
	.poll_revents = poll_revents,
	.close = close_device,
};

static int constrain(snd_pcm_ioplug_t *io)
{
	static const unsigned int access[] = { SND_PCM_ACCESS_RW_INTERLEAVED }, format[] = { SND_PCM_FORMAT_S16_LE };
	int error;

	if ((error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 1, access)) < 0
	    || (error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 1, format)) < 0
	    || (error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_CHANNELS, 1, 1)) < 0
	    || (error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_RATE, 48000, 48000)) < 0
	    || (error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 1920, 1920)) < 0)
		return error;
	return snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 3840, 1 << 16);
}

SND_PCM_PLUGIN_DEFINE_FUNC(fifo)
{
	snd_config_iterator_t i, next;
	const char *path = NULL;
	char busy[4096];
	int error;

	(void)root;
	snd_config_for_each(i, next, conf) {
		snd_config_t *entry = snd_config_iterator_entry(i);
		const char *id;
		if (snd_config_get_id(entry, &id) == 0 && strcmp(id, "path") == 0)
			snd_config_get_string(entry, &path);
	}
	if (!path || stream != SND_PCM_STREAM_CAPTURE)
		return -EINVAL;
	snprintf(busy, sizeof busy, "%s.busy", path);
	if (access(busy, F_OK) == 0)
		return -EBUSY;

	struct microphone *microphone = calloc(1, sizeof *microphone);
	if (!microphone)
		return -ENOMEM;
	microphone->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (microphone->fd < 0) {
		error = -errno;
		free(microphone);
		return error;
	}
	microphone->io = (snd_pcm_ioplug_t){
		.version = SND_PCM_IOPLUG_VERSION,
		.name = "fifo",
		.callback = &callbacks,
		.private_data = microphone,
		.poll_fd = microphone->fd,
		.poll_events = POLLIN,
	};
	error = snd_pcm_ioplug_create(&microphone->io, name, stream, mode);
	if (error < 0) {
		close(microphone->fd);
		free(microphone);
		return error;
	}
	error = constrain(&microphone->io);
	if (error < 0) {
		snd_pcm_ioplug_delete(&microphone->io);
		return error;
	}
	*pcmp = microphone->io.pcm;
	return 0;
}

SND_PCM_PLUGIN_SYMBOL(fifo);
