import { playScenes } from './play.ts';
import { OF_OBJECTS, OF_STORES } from './scenes.ts';

playScenes(OF_STORES, OF_OBJECTS.length);
